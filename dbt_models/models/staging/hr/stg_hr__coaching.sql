with known as (

    select
        sessions.*,
        sites.site_id,
        sites.time_zone,
        {{ landed_utc('sessions.held_at', 'clocks.time_zone') }} as held_utc_at,
        {{ landed_utc('sessions.acknowledged_at', 'clocks.time_zone') }} as acknowledged_utc_at
    from {{ source('raw', 'hr_coaching') }} as sessions
    {{ site_of_employee('sessions', 'cast(sessions.held_at as date)') }}
    where {{ landed_utc('sessions.held_at', 'clocks.time_zone') }} <= timestamp '{{ var("as_of") }}'

),

newest as (

    {{ newest_rows('known', ['session_id']) }}

)

select
    session_id,
    employee_id,
    coach_id,
    site_id,
    kind,
    kpi_code,
    summary,
    cast({{ to_local('held_utc_at', 'time_zone') }} as date) as work_date,
    held_utc_at as held_at,
    case
        when acknowledged_utc_at <= timestamp '{{ var("as_of") }}' then acknowledged_utc_at
    end as acknowledged_at
from newest
