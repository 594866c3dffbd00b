with half_hours as (

    select
        *,
        sum(case when contact_count > 0 then 1 else 0 end) over (
            partition by site_id order by half_hour_at rows unbounded preceding
        ) as silence_number
    from {{ ref('int_contacts__usual_half_hours') }}

),

silent as (

    select
        *,
        sum(expected_contacts) over (
            partition by site_id, silence_number
            order by half_hour_at
            rows between {{ 2 * var('outage_hours') - 1 }} preceding and current row
        ) as expected_within_hours
    from half_hours
    where contact_count = 0

),

-- Small sites are quiet for whole nights: only a silence of busy hours tells.
silences as (

    select
        site_id,
        min(time_zone) as time_zone,
        sum(expected_contacts) as expected_contacts,
        max(expected_within_hours) as busiest_contacts,
        min(half_hour_at) as first_at,
        {{ add_seconds('max(half_hour_at)', 1800) }} as last_at
    from silent
    group by site_id, silence_number
    having max(expected_within_hours) >= {{ var('outage_expected_contacts') }}

),

-- How busy the site was in the hours around it, against what is usual then.
surroundings as (

    select
        silences.site_id,
        silences.first_at,
        sum(half_hours.contact_count) as contact_count,
        {{ var('outage_expected_contacts') }} * sum(half_hours.expected_contacts) as threshold
    from silences
    inner join half_hours
        on silences.site_id = half_hours.site_id
        and half_hours.expected_contacts is not null
        and half_hours.half_hour_at >= {{ add_seconds('silences.first_at', -3600 * var('outage_hours')) }}
        and half_hours.half_hour_at < {{ add_seconds('silences.last_at', 3600 * var('outage_hours')) }}
        and (half_hours.half_hour_at < silences.first_at or half_hours.half_hour_at >= silences.last_at)
    group by silences.site_id, silences.first_at

)

-- The silence is as long as from the last contact before it to the first one after it; on a quiet day
-- less of it was to be expected.
select
    silences.site_id,
    min(incidents.incident_id) as incident_id,
    round(min(silences.expected_contacts), 1) as expected_contacts,
    cast({{ to_local('max(before_it.enqueued_at)', 'min(silences.time_zone)') }} as date) as work_date,
    max(before_it.enqueued_at) as started_at,
    min(after_it.enqueued_at) as ended_at
from silences
inner join surroundings
    on silences.site_id = surroundings.site_id
    and silences.first_at = surroundings.first_at
    and silences.busiest_contacts * surroundings.contact_count >= surroundings.threshold
inner join {{ ref('fct_queue_visits') }} as before_it
    on silences.site_id = before_it.site_id
    and {{ interval_start('before_it.enqueued_at') }} = {{ add_seconds('silences.first_at', -1800) }}
inner join {{ ref('fct_queue_visits') }} as after_it
    on silences.site_id = after_it.site_id
    and {{ interval_start('after_it.enqueued_at') }} = silences.last_at
left join {{ ref('fct_incidents') }} as incidents
    on coalesce(incidents.site_id, silences.site_id) = silences.site_id
    and incidents.started_at < silences.last_at
    and coalesce(incidents.ended_at, silences.last_at) > silences.first_at
group by silences.site_id, silences.first_at
