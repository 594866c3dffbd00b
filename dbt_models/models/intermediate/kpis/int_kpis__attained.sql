-- Every value with its interval, target, attainment and nominal weight.
with measured as (

    select
        kpi_values.*,
        subjects.subject_label,
        subjects.site_id,
        subjects.site_label,
        subjects.vendor,
        subjects.department,
        subjects.team,
        subjects.role,
        subjects.hire_date,
        periods.period_label,
        periods.period_end,
        periods.reference_date,
        periods.is_published,
        kpis.label_en as kpi_label,
        kpis.label_zh as kpi_label_zh,
        kpis.perspective,
        kpis.unit,
        kpis.shape,
        kpis.interval_method,
        kpis.numerator as numerator_measure,
        coalesce(
            coalesce(kpi_values.denominator, kpi_values.numerator) >= kpis.minimum_denominator, false
        ) as is_reliable,
        earlier.value as previous_value
    from {{ ref('int_kpis__values') }} as kpi_values
    inner join {{ ref('int_kpis__periods') }} as periods
        on kpi_values.period_type = periods.period_type
        and kpi_values.period_start = periods.period_start
    inner join {{ ref('kpis') }} as kpis on kpi_values.kpi_code = kpis.kpi_code
    inner join {{ ref('int_kpis__subjects') }} as subjects
        on kpi_values.subject_type = subjects.subject_type
        and kpi_values.subject_id = subjects.subject_id
        and kpi_values.period_type = subjects.period_type
        and kpi_values.period_start = subjects.period_start
    left join {{ ref('int_kpis__values') }} as earlier
        on kpi_values.subject_type = earlier.subject_type
        and kpi_values.subject_id = earlier.subject_id
        and kpi_values.kpi_code = earlier.kpi_code
        and kpi_values.period_type = earlier.period_type
        and earlier.period_start = {{ previous_period('kpi_values') }}

),

targeted as (

    select
        measured.*,
        targets.low_floor,
        targets.low_target,
        targets.floor,
        targets.target,
        targets.stretch,
        targets.cap
    from measured
    left join {{ ref('int_kpis__targets') }} as targets
        on measured.subject_type = targets.subject_type
        and measured.subject_id = targets.subject_id
        and measured.period_type = targets.period_type
        and measured.period_start = targets.period_start
        and measured.kpi_code = targets.kpi_code

),

attained as (

    select
        *,
        {{ attainment('value') }} as attainment
    from targeted

)

select
    attained.*,
    weights.scheme,
    weights.weight
from attained
left join {{ ref('kpi_weights') }} as weights
    on attained.kpi_code = weights.kpi_code
    and attained.subject_type = weights.subject_type
    and (weights.role = '*' or attained.role = weights.role)
    and weights.valid_from <= attained.reference_date
    and (weights.valid_to > attained.reference_date or weights.valid_to is null)
