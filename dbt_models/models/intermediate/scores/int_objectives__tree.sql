-- Every objective in force in a period, with each objective that it serves, itself included.
with recursive in_force as (

    select
        periods.period_type,
        periods.period_start,
        periods.period_label,
        periods.is_published,
        objectives.*
    from {{ ref('objectives') }} as objectives
    inner join {{ ref('int_kpis__periods') }} as periods
        on periods.period_type in ('month', 'quarter')
        and periods.is_measured
        and periods.period_start <= periods.reference_date
        and objectives.valid_from <= periods.reference_date
        and (objectives.valid_to > periods.reference_date or objectives.valid_to is null)

),

served as (

    select period_type, period_start, objective_id, objective_id as serves_id, parent_id as next_id, 0 as distance
    from in_force
    union all
    select
        served.period_type,
        served.period_start,
        served.objective_id,
        parents.objective_id as serves_id,
        parents.parent_id as next_id,
        served.distance + 1 as distance
    from served
    inner join in_force as parents
        on served.next_id = parents.objective_id
        and served.period_type = parents.period_type
        and served.period_start = parents.period_start
    -- A circle, which the check of the seeds refuses, must not hang a run.
    where served.distance < 20

)

select
    in_force.*,
    served.serves_id,
    served.distance
from in_force
inner join served
    on in_force.objective_id = served.objective_id
    and in_force.period_type = served.period_type
    and in_force.period_start = served.period_start
