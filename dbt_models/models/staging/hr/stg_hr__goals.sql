with known as (

    select
        goals.*,
        {{ landed_utc('goals.agreed_at', 'clocks.time_zone') }} as agreed_utc_at
    from {{ source('raw', 'hr_goals') }} as goals
    {{ site_of_employee('goals', 'cast(coalesce(goals.agreed_at, goals.period_start) as date)') }}
    where goals.agreed_at is null
        or {{ landed_utc('goals.agreed_at', 'clocks.time_zone') }} <= timestamp '{{ var("as_of") }}'

),

newest as (

    {{ newest_rows('known', ['goal_id']) }}

)

select
    goal_id,
    employee_id,
    kpi_code,
    period_type,
    cast(target as double) as target,
    period_start,
    agreed_utc_at as agreed_at
from newest
