-- HANG with a service time: the caller hung up. AGENT without one: served, nobody knows how long.
select
    site_id,
    callid,
    queue_id,
    agent_login,
    case
        when not has_service then 'unfinished'
        when outcome = 'AGENT' then 'agent'
        else 'caller'
    end as end_reason,
    1 as leg_number,
    case when has_service then ser_time end as talk_seconds,
    cast(null as integer) as hold_seconds,
    cast(null as integer) as wrap_seconds,
    case when has_queued then enqueued_at else vru_left_at end as offered_at,
    case when has_service then answered_at else dequeued_at end as answered_at,
    case when has_service then ended_at end as ended_at
from {{ ref('stg_anonymous_bank__calls') }}
where (outcome = 'AGENT' or has_service) and entered_at <= timestamp '{{ var("as_of") }}'
