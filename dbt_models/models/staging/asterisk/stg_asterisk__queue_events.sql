with events as (

    select * from {{ source('raw', 'asterisk_queue_log') }}

),

duplicates as (

    select part, line_number from {{ source('landing', 'log_duplicates') }}
    where feed = 'asterisk_queue_log'

),

placed as (

    select
        events._site_id as site_id,
        coalesce(nullif(events.callid, ''), 'NONE') as callid,
        events.queue as queue_id,
        events.agent as agent_login,
        events.event,
        events.data1,
        events.data2,
        events.data3,
        events.data4,
        events.data5,
        -- Who calls from an extension is a colleague, no customer.
        case
            when events.event <> 'ENTERQUEUE' or events.data2 is null then events.customer_hash
        end as customer_key,
        -- The log counts in UTC, its realtime table may have the exchange's own clock.
        case
            when not events.epoch_is_utc
                then {{ epoch_seconds(to_utc(from_epoch('events.epoch'), 'sites.time_zone')) }}
            else events.epoch
        end as event_epoch,
        events._file_started_at as file_started_at,
        events._part as part,
        events._path as file_path,
        events._line_number as line_number
    from events
    inner join {{ ref('stg_seeds__sites') }} as sites on events._site_id = sites.site_id
    left join duplicates
        on events._part = duplicates.part and events._line_number = duplicates.line_number
    where duplicates.part is null

)

select * from placed
where event_epoch <= {{ epoch_seconds("timestamp '" ~ var('as_of') ~ "'") }}
