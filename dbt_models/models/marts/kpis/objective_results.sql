{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        on_schema_change="fail",
        pre_hook="{{ delete_touched('period_type, period_start', ref('int_kpis__periods') ~ ' where is_published') }}",
    )
}}

with tree as (

    select * from {{ ref('int_objectives__tree') }} where is_published

),

-- What nothing else serves is where the work is done.
leaves as (

    select lowest.period_type, lowest.period_start, lowest.objective_id
    from tree as lowest
    left join tree as above
        on lowest.objective_id = above.serves_id
        and lowest.period_type = above.period_type
        and lowest.period_start = above.period_start
        and above.distance > 0
    where lowest.distance = 0 and above.objective_id is null

),

rolled_up as (

    select
        tree.period_type,
        tree.period_start,
        tree.serves_id as objective_id,
        count(*) as serving_count,
        {{ exact_sum('attained.attainment') }} / nullif(count(attained.attainment), 0) as rolled_up_attainment
    from tree
    inner join leaves
        on tree.period_type = leaves.period_type
        and tree.period_start = leaves.period_start
        and tree.objective_id = leaves.objective_id
    left join {{ ref('int_objectives__attained') }} as attained
        on tree.period_type = attained.period_type
        and tree.period_start = attained.period_start
        and tree.objective_id = attained.objective_id
    where tree.distance > 0
    group by tree.period_type, tree.period_start, tree.serves_id

),

depths as (

    select period_type, period_start, objective_id, max(distance) as depth
    from tree
    group by period_type, period_start, objective_id

)

select
    tree.objective_id,
    tree.period_type,
    tree.parent_id,
    tree.subject_type,
    tree.subject_id,
    attained.subject_label,
    tree.kpi_code,
    tree.perspective,
    {{ label('tree') }} as objective_label,
    tree.label_zh as objective_label_zh,
    attained.kpi_label,
    attained.kpi_label_zh,
    attained.unit,
    tree.period_label,
    case
        when attained.attainment is null then 'No value'
        when attained.attainment >= 100 then 'On target'
        when attained.attainment >= 80 then 'Near target'
        else 'Off target'
    end as target_status,
    cast(depths.depth as integer) as depth,
    attained.value,
    attained.previous_value,
    coalesce(attained.target, tree.target) as target,
    attained.attainment,
    rolled_up.rolled_up_attainment,
    cast(coalesce(rolled_up.serving_count, 0) as integer) as serving_count,
    coalesce(attained.is_reliable, false) as is_reliable,
    tree.period_start
from tree
inner join depths
    on tree.period_type = depths.period_type
    and tree.period_start = depths.period_start
    and tree.objective_id = depths.objective_id
left join {{ ref('int_objectives__attained') }} as attained
    on tree.period_type = attained.period_type
    and tree.period_start = attained.period_start
    and tree.objective_id = attained.objective_id
left join rolled_up
    on tree.period_type = rolled_up.period_type
    and tree.period_start = rolled_up.period_start
    and tree.objective_id = rolled_up.objective_id
where tree.distance = 0
