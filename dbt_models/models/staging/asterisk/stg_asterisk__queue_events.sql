with events as (

    select * from {{ source('raw', 'asterisk_queue_log') }}

),

duplicates as (

    select part, line_number from {{ source('landing', 'log_duplicates') }}
    where feed = 'asterisk_queue_log'

)

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
    events.customer_hash as customer_key,
    events.epoch as event_epoch,
    events._file_started_at as file_started_at,
    events._path as file_path,
    events._line_number as line_number
from events
left join duplicates
    on events._part = duplicates.part and events._line_number = duplicates.line_number
where duplicates.part is null
    and events.epoch <= {{ epoch_seconds("timestamp '" ~ var('as_of') ~ "'") }}
