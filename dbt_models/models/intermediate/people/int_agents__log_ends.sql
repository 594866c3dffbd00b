-- When each site's log ends. Its last line stands in none of the parts that end before another one
-- begins.
with last_starts as (

    select
        site_id,
        coalesce(
            max(case when first_at <= {{ add_seconds("timestamp '" ~ var('as_of') ~ "'", -86400) }} then first_at end),
            min(first_at)
        ) as started_at
    from {{ source('landing', 'files') }}
    where feed = 'asterisk_queue_log'
    group by site_id

),

last_parts as (

    select files.part
    from {{ source('landing', 'files') }} as files
    inner join last_starts on files.site_id = last_starts.site_id
    where files.last_at >= {{ add_seconds('last_starts.started_at', -86400) }}

)

select site_id, {{ from_epoch('max(event_epoch)') }} as log_end_at
from {{ ref('stg_asterisk__queue_events') }}
where part in (select part from last_parts)
group by site_id
