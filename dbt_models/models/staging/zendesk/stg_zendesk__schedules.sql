-- A schedule is delivered whole: of several files the last one has its hours, so that an opening that
-- was moved does not stay beside the new one.
with latest_files as (

    select _site_id, id, max(_path) as _path
    from {{ source('raw', 'zendesk_schedules') }}
    group by _site_id, id

),

newest as (

    select deliveries.*
    from {{ source('raw', 'zendesk_schedules') }} as deliveries
    inner join latest_files
        on deliveries._site_id = latest_files._site_id
        and deliveries.id = latest_files.id
        and deliveries._path = latest_files._path
    qualify row_number() over (
            partition by deliveries._site_id, deliveries.id, deliveries.start_time order by deliveries._line_number desc
        ) = 1

),

-- Zendesk names zones as Rails does; names of the IANA are taken as they are.
zoned as (

    select
        newest.*,
        coalesce(time_zones.time_zone, newest.time_zone) as zone_name
    from newest
    left join {{ ref('zendesk_time_zones') }} as time_zones on newest.time_zone = time_zones.zendesk_name

)

select
    zoned._site_id as site_id,
    zoned.id as schedule_id,
    known.name as time_zone,
    zoned.start_time as start_minute,
    zoned.end_time as end_minute,
    zoned.created_at
from zoned
left join {{ known_time_zones() }} as known on zoned.zone_name = known.name
where not coalesce(zoned.is_deleted, false)
