with known as (

    select
        actions.*,
        {{ landed_utc('actions.updated_at', 'clocks.time_zone') }} as updated_utc_at
    from {{ source('raw', 'hr_actions') }} as actions
    {{ site_of_employee('actions', 'cast(actions.updated_at as date)') }}
    where actions.updated_at is null
        or {{ landed_utc('actions.updated_at', 'clocks.time_zone') }} <= timestamp '{{ var("as_of") }}'

),

newest as (

    {{ newest_rows('known', ['action_id'], 'updated_utc_at') }}

)

select
    action_id,
    employee_id,
    goal_id,
    owner_id,
    step,
    resource,
    status,
    cast(progress_ratio as double) as progress_ratio,
    due_date,
    checkpoint_date,
    updated_utc_at as updated_at
from newest
