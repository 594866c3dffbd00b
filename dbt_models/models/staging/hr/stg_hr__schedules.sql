with newest as (

    {{ latest_by_key('hr_schedules', ['employee_id', 'starts_at']) }}

),

-- A schedule without an offset is in the local time of the site where its employee works on that day.
placed as (

    select
        newest.*,
        coalesce(assignments.site_id, newest._site_id) as site_id
    from newest
    left join {{ ref('stg_hr__assignments') }} as assignments
        on newest.employee_id = assignments.employee_id
        and cast(newest.starts_at as date) >= assignments.valid_from
        and (cast(newest.starts_at as date) < assignments.valid_to or assignments.valid_to is null)

)

select
    placed.employee_id,
    placed.site_id,
    placed.activity,
    {{ landed_utc('placed.starts_at', 'sites.time_zone') }} as starts_at,
    {{ landed_utc('placed.ends_at', 'sites.time_zone') }} as ends_at
from placed
inner join {{ ref('stg_seeds__sites') }} as sites on placed.site_id = sites.site_id
