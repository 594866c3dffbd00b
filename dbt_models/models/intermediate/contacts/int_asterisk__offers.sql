select
    contact_id,
    site_id,
    callid,
    queue_id,
    agent_login,
    case event
        when 'CONNECT' then 'answered'
        when 'RINGNOANSWER' then 'no_answer'
        else 'cancelled'
    end as end_reason,
    event_index as offer_number,
    ring_seconds,
    {{ add_seconds('event_at', '-coalesce(ring_seconds, 0)') }} as offered_at,
    event_at as ended_at
from {{ ref('int_asterisk__call_events') }}
where event_role in ('offer', 'leg_start')
