-- Each objective on the scale of its KPI, with the target that was agreed for it.
with objectives as (

    select * from {{ ref('int_objectives__tree') }} where distance = 0 and kpi_code is not null

),

scaled as (

    select
        objectives.objective_id,
        objectives.period_type,
        objectives.period_start,
        results.subject_label,
        results.kpi_label,
        results.kpi_label_zh,
        results.unit,
        results.shape,
        results.value,
        results.previous_value,
        results.is_reliable,
        results.low_floor,
        results.low_target,
        results.floor,
        coalesce(objectives.target, results.target) as target,
        -- A stretch short of the objective's own target says nothing about it.
        case
            when (results.stretch - coalesce(objectives.target, results.target))
                * (coalesce(objectives.target, results.target) - results.floor) > 0 then results.stretch
        end as stretch,
        results.cap
    from objectives
    inner join {{ ref('int_kpis__attained') }} as results
        on objectives.subject_type = results.subject_type
        and objectives.subject_id = results.subject_id
        and objectives.period_type = results.period_type
        and objectives.period_start = results.period_start
        and objectives.kpi_code = results.kpi_code

)

select
    *,
    {{ attainment('value') }} as attainment
from scaled
