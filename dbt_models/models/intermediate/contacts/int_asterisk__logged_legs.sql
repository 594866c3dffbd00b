with starts as (

    select * from {{ ref('int_asterisk__call_events') }} where event_role = 'leg_start'

),

ends as (

    select * from {{ ref('int_asterisk__call_events') }} where event_role = 'leg_end'

)

select
    starts.contact_id,
    starts.site_id,
    starts.callid,
    starts.queue_id,
    starts.agent_login,
    starts.agent_channel_id,
    case ends.event
        when 'COMPLETEAGENT' then 'agent'
        when 'COMPLETECALLER' then 'caller'
        when 'BLINDTRANSFER' then 'blind_transfer'
        when 'TRANSFER' then 'blind_transfer'
        when 'ATTENDEDTRANSFER' then 'attended_transfer'
        else 'unfinished'
    end as end_reason,
    starts.leg_number,
    case
        when ends.event_at is not null
            then coalesce(
                    ends.logged_talk_seconds,
                    {{ epoch_seconds('ends.event_at') }} - {{ epoch_seconds('starts.event_at') }}
                )
    end as talk_seconds,
    {{ add_seconds('starts.event_at', '-coalesce(starts.ring_seconds, 0)') }} as offered_at,
    starts.event_at as answered_at,
    ends.event_at as ended_at
from starts
left join ends
    on starts.contact_id = ends.contact_id and starts.leg_number = ends.leg_number
