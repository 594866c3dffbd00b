with starts as (

    select * from {{ ref('int_asterisk__call_events') }} where event_role = 'visit_start'

),

ends as (

    select * from {{ ref('int_asterisk__call_events') }} where is_visit_end

)

select
    starts.contact_id,
    starts.site_id,
    starts.callid,
    starts.queue_id,
    starts.customer_key,
    starts.caller_extension,
    case ends.event
        when 'CONNECT' then 'answered'
        when 'ABANDON' then 'abandoned'
        when 'EXITWITHTIMEOUT' then 'timed_out'
        when 'EXITWITHKEY' then 'exited_by_key'
        when 'EXITEMPTY' then 'exited_empty'
        else 'unfinished'
    end as outcome,
    starts.visit_number,
    -- The logged wait wins over the difference of the epochs.
    case
        when ends.event_at is not null
            then coalesce(
                    ends.logged_wait_seconds,
                    {{ epoch_seconds('ends.event_at') }} - {{ epoch_seconds('starts.event_at') }}
                )
    end as wait_seconds,
    starts.event_at as enqueued_at,
    ends.event_at as left_at
from starts
left join ends
    on starts.contact_id = ends.contact_id and starts.visit_number = ends.visit_number
