with newest as (

    {{ latest_by_key('incidents', ['incident_id']) }}

),

placed as (

    select
        newest.*,
        nullif(coalesce(newest.site, newest._site_id), '*') as site_id,
        coalesce(sites.time_zone, 'UTC') as time_zone
    from newest
    left join {{ ref('stg_seeds__sites') }} as sites
        on coalesce(newest.site, newest._site_id) = sites.site_id

)

select
    incident_id,
    site_id,
    nullif(queue, '*') as queue_id,
    reason,
    {{ landed_utc('starts_at', 'time_zone') }} as started_at,
    {{ landed_utc('ends_at', 'time_zone') }} as ended_at,
    cast({{ to_local(landed_utc('starts_at', 'time_zone'), 'time_zone') }} as date) as work_date
from placed
where {{ landed_utc('starts_at', 'time_zone') }} <= timestamp '{{ var("as_of") }}'
