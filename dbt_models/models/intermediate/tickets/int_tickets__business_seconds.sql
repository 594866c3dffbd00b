-- How much of a span lay within opening hours; NULL where any part of it has no known schedule.
with spans as (

    select * from {{ ref('int_tickets__business_spans') }}

),

points as (

    select site_id, schedule_id, part_started_at as point_at from spans
    union all
    select site_id, schedule_id, part_ended_at as point_at from spans

),

zones as (

    select distinct site_id, schedule_id, time_zone
    from {{ ref('int_tickets__opening_hours') }}

),

-- Each once, with its local date, by which it is looked up.
located as (

    select distinct
        points.site_id,
        points.schedule_id,
        points.point_at,
        cast({{ to_local('points.point_at', 'zones.time_zone') }} as date) as local_date
    from points
    inner join zones on points.site_id = zones.site_id and points.schedule_id = zones.schedule_id

),

-- A schedule's clock: seconds that it was open before an instant.
clock as (

    select
        points.site_id,
        points.schedule_id,
        points.point_at,
        min(hours.open_seconds_before) + sum(least(
            coalesce({{ seconds_between('hours.opens_at', 'points.point_at') }}, 0), hours.open_seconds
        )) as open_seconds
    from located as points
    inner join {{ ref('int_tickets__opening_hours') }} as hours
        on points.site_id = hours.site_id
        and points.schedule_id = hours.schedule_id
        and points.local_date = hours.local_date
    group by points.site_id, points.schedule_id, points.point_at

)

select
    spans.site_id,
    spans.ticket_id,
    spans.started_at,
    spans.ended_at,
    case
        when count(*) = count(ends.open_seconds - starts.open_seconds)
            then cast(sum(ends.open_seconds - starts.open_seconds) as bigint)
    end as business_seconds
from spans
left join clock as starts
    on spans.site_id = starts.site_id
    and spans.schedule_id = starts.schedule_id
    and spans.part_started_at = starts.point_at
left join clock as ends
    on spans.site_id = ends.site_id
    and spans.schedule_id = ends.schedule_id
    and spans.part_ended_at = ends.point_at
group by spans.site_id, spans.ticket_id, spans.started_at, spans.ended_at
