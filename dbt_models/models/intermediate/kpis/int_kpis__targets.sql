-- The target of each subject, period and KPI: of the rows in force the most specific one.
with candidates as (

    select
        kpi_values.subject_type,
        kpi_values.subject_id,
        kpi_values.period_type,
        kpi_values.period_start,
        kpi_values.kpi_code,
        targets.low_floor,
        targets.low_target,
        targets.floor,
        targets.target,
        targets.stretch,
        coalesce(targets.cap, 100) as cap,
        row_number() over (
            partition by
                kpi_values.subject_type,
                kpi_values.subject_id,
                kpi_values.period_type,
                kpi_values.period_start,
                kpi_values.kpi_code
            order by {{ target_specificity('targets') }} desc, targets.valid_from desc
        ) as fit
    from {{ ref('int_kpis__values') }} as kpi_values
    inner join {{ ref('int_kpis__subjects') }} as subjects
        on kpi_values.subject_type = subjects.subject_type
        and kpi_values.subject_id = subjects.subject_id
        and kpi_values.period_type = subjects.period_type
        and kpi_values.period_start = subjects.period_start
    inner join {{ ref('int_kpis__periods') }} as periods
        on kpi_values.period_type = periods.period_type
        and kpi_values.period_start = periods.period_start
    inner join {{ ref('kpi_targets') }} as targets
        on kpi_values.kpi_code = targets.kpi_code
        and targets.subject_type in (kpi_values.subject_type, '*')
        and targets.role in (coalesce(subjects.role, '*'), '*')
        and targets.site_id in (coalesce(subjects.site_id, '*'), '*')
        and targets.queue_id = '*'
        and targets.valid_from <= periods.reference_date
        and (targets.valid_to > periods.reference_date or targets.valid_to is null)

)

select
    subject_type,
    subject_id,
    period_type,
    kpi_code,
    low_floor,
    low_target,
    floor,
    target,
    stretch,
    cap,
    period_start
from candidates
where fit = 1
