-- Both periods of a change side by side. Half of each period's weight and attainment is held still, so
-- that nothing is left over: Δ(w·a) = Δa·(w₀+w₁)/2 + Δw·(a₀+a₁)/2.
with rated as (

    select kpis.*
    from {{ ref('int_scores__kpis') }} as kpis
    inner join {{ ref('int_scores__scored') }} as scored
        on kpis.subject_type = scored.subject_type
        and kpis.subject_id = scored.subject_id
        and kpis.period_type = scored.period_type
        and kpis.period_start = scored.period_start
    where scored.is_rated

),

valued as (

    select
        rated.subject_type,
        rated.subject_id,
        rated.period_type,
        rated.kpi_code,
        rated.shape,
        rated.low_floor,
        rated.low_target,
        rated.floor,
        rated.target,
        rated.stretch,
        rated.cap,
        coalesce(results.value, rated.only_value) as value,
        rated.weight,
        case when rated.is_scored then coalesce(rated.effective_weight, 0) else 0 end as effective_weight,
        case when rated.is_scored then rated.contribution / nullif(rated.effective_weight, 0) end as attainment,
        rated.period_start
    from rated
    left join {{ ref('int_kpis__values') }} as results
        on rated.subject_type = results.subject_type
        and rated.subject_id = results.subject_id
        and rated.period_type = results.period_type
        and rated.period_start = results.period_start
        and rated.kpi_code = results.kpi_code

),

subjects as (

    select distinct
        now.subject_type, now.subject_id, now.period_type, now.period_start, before.period_start as before_start
    from valued as now
    inner join valued as before
        on now.subject_type = before.subject_type
        and now.subject_id = before.subject_id
        and now.period_type = before.period_type
        and before.period_start = {{ previous_period('now') }}

),

mentioned as (

    select distinct subjects.*, valued.kpi_code
    from subjects
    inner join valued
        on subjects.subject_type = valued.subject_type
        and subjects.subject_id = valued.subject_id
        and subjects.period_type = valued.period_type
        and valued.period_start in (subjects.period_start, subjects.before_start)

),

compared as (

    select
        mentioned.subject_type,
        mentioned.subject_id,
        mentioned.period_type,
        mentioned.kpi_code,
        coalesce(now.weight, 0) - coalesce(before.weight, 0) as weight_change,
        coalesce(now.effective_weight, 0) - coalesce(before.effective_weight, 0) as effective_change,
        (coalesce(now.effective_weight, 0) + coalesce(before.effective_weight, 0)) / 2 as effective_mean,
        coalesce(now.attainment - before.attainment, 0) as attainment_change,
        (coalesce(now.attainment, before.attainment, 0) + coalesce(before.attainment, now.attainment, 0)) / 2
            as attainment_mean,
        coalesce(
            case
                when now.attainment is not null and before.attainment is not null then
                    (
                        {{ attainment('now.value', 'now') }} - {{ attainment('now.value', 'before') }}
                        + {{ attainment('before.value', 'now') }} - {{ attainment('before.value', 'before') }}
                    ) / 2
            end, 0
        ) as target_change,
        mentioned.period_start
    from mentioned
    left join valued as now
        on mentioned.subject_type = now.subject_type
        and mentioned.subject_id = now.subject_id
        and mentioned.period_type = now.period_type
        and mentioned.period_start = now.period_start
        and mentioned.kpi_code = now.kpi_code
    left join valued as before
        on mentioned.subject_type = before.subject_type
        and mentioned.subject_id = before.subject_id
        and mentioned.period_type = before.period_type
        and mentioned.before_start = before.period_start
        and mentioned.kpi_code = before.kpi_code

)

select
    subject_type,
    subject_id,
    period_type,
    kpi_code,
    (attainment_change - target_change) * effective_mean as performance_points,
    target_change * effective_mean as target_points,
    weight_change * attainment_mean as weight_points,
    (effective_change - weight_change) * attainment_mean as mix_points,
    period_start
from compared
