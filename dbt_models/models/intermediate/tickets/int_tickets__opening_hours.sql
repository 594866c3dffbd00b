-- The opening hours of every schedule on every local day, as real instants, so that a day of 23 or 25
-- hours has as many as it has. `open_seconds_before` counts from the first day on: business time between
-- two instants is a difference. A day without opening hours has one row.
with bounds as (

    select
        {{ add_days('cast(min(part_started_at) as date)', -2) }} as first_date,
        cast((
            {{ epoch_seconds('max(part_ended_at)') }} - {{ epoch_seconds('min(part_started_at)') }}
        ) / 86400 as integer) + 5 as day_count
    from {{ ref('int_tickets__business_spans') }}

),

days as (

    select {{ add_days('bounds.first_date', 'cast(numbers.n as integer)') }} as local_date
    from bounds
    cross join {{ number_series(0, '(select day_count from bounds)') }} as numbers

),

schedules as (

    select distinct site_id, schedule_id, time_zone
    from {{ ref('stg_zendesk__schedules') }}
    where time_zone is not null

),

-- Minutes count from Sunday; an opening may last over midnight, even over the end of the week.
slices as (

    select
        hours.site_id,
        hours.schedule_id,
        numbers.n % 7 as weekday,
        greatest(hours.start_minute - 1440 * numbers.n, 0) as opens_minute,
        least(
            hours.end_minute + case when hours.end_minute <= hours.start_minute then 10080 else 0 end
            - 1440 * numbers.n,
            1440
        ) as closes_minute
    from {{ ref('stg_zendesk__schedules') }} as hours
    cross join {{ number_series(0, 13) }} as numbers

),

-- Holidays may overlap; a day is closed once.
closed_days as (

    select distinct holidays.site_id, holidays.schedule_id, days.local_date
    from {{ ref('stg_zendesk__schedule_holidays') }} as holidays
    inner join days on days.local_date between holidays.start_date and holidays.last_date

),

instants as (

    select
        schedules.site_id,
        schedules.schedule_id,
        schedules.time_zone,
        days.local_date,
        slices.opens_minute,
        {{ wall_clock_utc('days.local_date', 'slices.opens_minute', 'schedules.time_zone') }} as opens_at,
        {{ wall_clock_utc('days.local_date', 'slices.closes_minute', 'schedules.time_zone') }} as closes_at
    from schedules
    cross join days
    left join closed_days
        on schedules.site_id = closed_days.site_id
        and schedules.schedule_id = closed_days.schedule_id
        and days.local_date = closed_days.local_date
    left join slices
        on closed_days.local_date is null
        and schedules.site_id = slices.site_id
        and schedules.schedule_id = slices.schedule_id
        and {{ iso_weekday('days.local_date') }} % 7 = slices.weekday
        and slices.closes_minute > slices.opens_minute

),

-- What opens before an earlier opening closed adds only what lasts longer.
apart as (

    select
        *,
        case
            when opens_at is not null
                then greatest(opens_at, max(closes_at) over (
                        partition by site_id, schedule_id order by local_date, opens_at, closes_at
                        rows between unbounded preceding and 1 preceding
                    ))
        end as counts_from
    from instants

),

lengths as (

    select
        *,
        coalesce({{ seconds_between('counts_from', 'closes_at') }}, 0) as open_seconds
    from apart

)

select
    site_id,
    schedule_id,
    time_zone,
    local_date,
    opens_minute,
    open_seconds,
    coalesce(sum(open_seconds) over (
        partition by site_id, schedule_id order by local_date, opens_at, closes_at
        rows between unbounded preceding and 1 preceding
    ), 0) as open_seconds_before,
    counts_from as opens_at
from lengths
