with half_hours as (

    select site_id, interval_started_at, sum(entered_count + excluded_count) as contact_count
    from {{ ref('fct_queue_intervals') }}
    group by site_id, interval_started_at

),

bounds as (

    select
        site_id,
        cast(min(interval_started_at) as date) as first_date,
        min(interval_started_at) as first_at,
        max(interval_started_at) as last_at
    from half_hours
    group by site_id

),

spine as (

    select
        bounds.site_id,
        bounds.last_at,
        {{ add_seconds('cast(bounds.first_date as timestamp)', 'days.n * 86400 + halves.n * 1800') }} as half_hour_at
    from bounds
    cross join {{ number_series(0, 3660) }} as days
    cross join {{ number_series(0, 47) }} as halves
    where {{ add_seconds('cast(bounds.first_date as timestamp)', 'days.n * 86400 + halves.n * 1800') }}
        between bounds.first_at and bounds.last_at

),

-- What to expect: the same half hour of the ten days of the same kind before and after.
usual as (

    select
        spine.site_id,
        spine.half_hour_at,
        sites.time_zone,
        coalesce(half_hours.contact_count, 0) as contact_count,
        sum(coalesce(half_hours.contact_count, 0)) over neighbours as neighbour_contacts,
        count(*) over neighbours as neighbour_count
    from spine
    inner join {{ ref('stg_seeds__sites') }} as sites on spine.site_id = sites.site_id
    left join half_hours
        on spine.site_id = half_hours.site_id and spine.half_hour_at = half_hours.interval_started_at
    window neighbours as (
        partition by
            spine.site_id,
            {{ iso_weekday(to_local('spine.half_hour_at', 'sites.time_zone')) }} > 5,
            cast({{ to_local('spine.half_hour_at', 'sites.time_zone') }} as time)
        order by spine.half_hour_at
        rows between 10 preceding and 10 following
    )

)

select
    site_id,
    time_zone,
    contact_count,
    case
        when neighbour_count > 3
            then (neighbour_contacts - contact_count) / (neighbour_count - 1)
    end as expected_contacts,
    half_hour_at
from usual
