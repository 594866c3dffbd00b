-- What waits for somebody: courses to complete, steps to take, sessions to take note of.
with items as (

    select
        'training' as kind,
        training_id as item_id,
        employee_id,
        cast(null as {{ dbt.type_string() }}) as owner_id,
        cast(null as {{ dbt.type_string() }}) as kpi_code,
        course as label,
        cast(null as {{ dbt.type_string() }}) as resource,
        cast(null as double) as progress_ratio,
        due_date,
        cast(null as date) as checkpoint_date
    from {{ ref('fct_training') }}
    where completed_at is null and due_date is not null
    union all
    select
        'action' as kind,
        actions.action_id as item_id,
        actions.employee_id,
        actions.owner_id,
        goals.kpi_code,
        actions.step as label,
        actions.resource,
        actions.progress_ratio,
        actions.due_date,
        actions.checkpoint_date
    from {{ ref('fct_actions') }} as actions
    left join {{ ref('fct_goals') }} as goals on actions.goal_id = goals.goal_id
    where coalesce(actions.progress_ratio, 0) < 1
        and coalesce(lower(actions.status), '') not in ({{ literals(var('finished_statuses')) }})
    union all
    select
        'acknowledgement' as kind,
        session_id as item_id,
        employee_id,
        coach_id as owner_id,
        kpi_code,
        summary as label,
        cast(null as {{ dbt.type_string() }}) as resource,
        cast(null as double) as progress_ratio,
        {{ add_days('work_date', var('acknowledgement_days')) }} as due_date,
        cast(null as date) as checkpoint_date
    from {{ ref('fct_coaching') }}
    where acknowledged_at is null

)

select
    items.kind,
    items.item_id,
    items.employee_id,
    items.owner_id,
    items.kpi_code,
    items.label,
    items.resource,
    items.progress_ratio,
    coalesce(items.due_date < cast(timestamp '{{ var("as_of") }}' as date), false) as is_overdue,
    items.due_date,
    items.checkpoint_date
from items
inner join {{ ref('dim_person') }} as people on items.employee_id = people.employee_id
where people.is_employed
