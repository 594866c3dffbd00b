with channels as (

    select
        *,
        max(started_at) over (partition by contact_id) as last_started_at,
        row_number() over (
            partition by contact_id order by answered_at, started_at, file_path, line_number
        ) as leg_number
    from {{ ref('int_asterisk__channel_calls') }}
    where disposition = 'ANSWERED' and answered_at is not null

),

-- The agent's own channel: the one that CONNECT names, else the latest that was up then.
own_channels as (

    select
        logged.contact_id,
        logged.leg_number,
        channels.started_at,
        channels.ended_at,
        channels.last_started_at >= channels.ended_at
        and channels.last_started_at > channels.started_at as is_followed,
        row_number() over (
            partition by logged.contact_id, logged.leg_number
            order by
                case when channels.uniqueid = logged.agent_channel_id then 0 else 1 end asc,
                channels.started_at desc,
                channels.file_path asc,
                channels.line_number asc
        ) as fit
    from {{ ref('int_asterisk__logged_legs') }} as logged
    inner join channels
        on logged.contact_id = channels.contact_id
        and (
            channels.uniqueid = logged.agent_channel_id
            or (channels.started_at <= logged.answered_at and channels.ended_at >= logged.answered_at)
        )

),

logged as (

    select
        *,
        lead(answered_at) over (partition by contact_id order by leg_number) as next_answered_at
    from {{ ref('int_asterisk__logged_legs') }}

),

-- A transfer that the log missed bills the agent the rest of the call: the call went on in another
-- channel when the agent's own had ended.
compared as (

    select
        logged.*,
        own_channels.ended_at as channel_ended_at,
        coalesce(
            own_channels.is_followed and own_channels.ended_at < logged.ended_at, false
        ) as is_cut,
        -- A channel that outlasts the next agent's answer is the caller's, not this agent's.
        case
            when own_channels.ended_at <= coalesce(logged.next_answered_at, own_channels.ended_at)
                then {{ epoch_seconds('own_channels.ended_at') }} - {{ epoch_seconds('logged.answered_at') }}
        end as channel_talk_seconds
    from logged
    left join own_channels
        on logged.contact_id = own_channels.contact_id
        and logged.leg_number = own_channels.leg_number
        and own_channels.fit = 1
        and own_channels.ended_at >= logged.answered_at

)

select
    contact_id,
    site_id,
    callid,
    queue_id,
    agent_login,
    end_reason,
    leg_number,
    case
        when is_cut
            then least(
                    talk_seconds,
                    {{ epoch_seconds('channel_ended_at') }} - {{ epoch_seconds('answered_at') }}
                )
        else talk_seconds
    end as talk_seconds,
    channel_talk_seconds,
    is_cut,
    offered_at,
    answered_at,
    case when is_cut then channel_ended_at else ended_at end as ended_at,
    ended_at as logged_ended_at
from compared
union all
select
    contact_id,
    site_id,
    callid,
    cast(null as {{ dbt.type_string() }}) as queue_id,
    agent_login,
    'caller' as end_reason,
    cast(leg_number as integer) as leg_number,
    billed_seconds as talk_seconds,
    billed_seconds as channel_talk_seconds,
    false as is_cut,
    started_at as offered_at,
    answered_at,
    ended_at,
    ended_at as logged_ended_at
from channels
where not is_in_queue_log
