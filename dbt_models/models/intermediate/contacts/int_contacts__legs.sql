-- Asterisk logs neither hold nor after-call work: unknown, not zero.
select
    contact_id,
    'asterisk' as source,
    site_id,
    callid,
    queue_id,
    agent_login,
    end_reason,
    leg_number,
    talk_seconds,
    cast(null as integer) as hold_seconds,
    cast(null as integer) as wrap_seconds,
    channel_talk_seconds,
    is_cut,
    offered_at,
    answered_at,
    ended_at,
    logged_ended_at
from {{ ref('int_asterisk__legs') }}
union all
select
    contact_id,
    source,
    site_id,
    callid,
    queue_id,
    agent_login,
    end_reason,
    leg_number,
    talk_seconds,
    hold_seconds,
    wrap_seconds,
    cast(null as integer) as channel_talk_seconds,
    false as is_cut,
    offered_at,
    answered_at,
    ended_at,
    ended_at as logged_ended_at
from {{ ref('int_sources__legs') }}
where {{ touched_calls_only() }}
