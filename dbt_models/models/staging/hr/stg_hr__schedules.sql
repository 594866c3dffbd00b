with newest as (

    {{ latest_by_key('hr_schedules', ['employee_id', 'starts_at']) }}

)

select
    newest.employee_id,
    sites.site_id,
    lower(newest.activity) as activity,
    {{ landed_utc('newest.starts_at', 'clocks.time_zone') }} as starts_at,
    {{ landed_utc('newest.ends_at', 'clocks.time_zone') }} as ends_at
from newest
{{ site_of_employee('newest', 'cast(newest.starts_at as date)') }}
