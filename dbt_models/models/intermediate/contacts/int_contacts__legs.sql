with channels as (

    select
        *,
        max(started_at) over (partition by contact_id) as last_started_at,
        row_number() over (
            partition by contact_id order by answered_at, started_at, file_path, line_number
        ) as leg_number
    from {{ ref('int_contacts__channel_calls') }}
    where disposition = 'ANSWERED' and answered_at is not null

),

-- The agent's own channel: the one that CONNECT names, else the latest that was up then.
own_channels as (

    select
        logged.contact_id,
        logged.leg_number,
        channels.started_at,
        channels.ended_at,
        channels.last_started_at,
        row_number() over (
            partition by logged.contact_id, logged.leg_number
            order by
                case when channels.uniqueid = logged.agent_channel_id then 0 else 1 end asc,
                channels.started_at desc,
                channels.file_path asc,
                channels.line_number asc
        ) as fit
    from {{ ref('int_contacts__logged_legs') }} as logged
    inner join channels
        on logged.contact_id = channels.contact_id
        and (
            channels.uniqueid = logged.agent_channel_id
            or (channels.started_at <= logged.answered_at and channels.ended_at >= logged.answered_at)
        )

),

-- A transfer that the log missed bills the agent the rest of the call: the call went on in another
-- channel when the agent's own had ended.
cuts as (

    select contact_id, leg_number, ended_at
    from own_channels
    where fit = 1 and last_started_at >= ended_at and last_started_at > started_at

)

select
    logged.contact_id,
    logged.site_id,
    logged.callid,
    logged.queue_id,
    logged.agent_login,
    logged.end_reason,
    logged.leg_number,
    case
        when cuts.ended_at is not null
            then least(
                    logged.talk_seconds,
                    {{ epoch_seconds('cuts.ended_at') }} - {{ epoch_seconds('logged.answered_at') }}
                )
        else logged.talk_seconds
    end as talk_seconds,
    cuts.ended_at is not null as is_cut,
    logged.offered_at,
    logged.answered_at,
    coalesce(cuts.ended_at, logged.ended_at) as ended_at
from {{ ref('int_contacts__logged_legs') }} as logged
left join cuts
    on logged.contact_id = cuts.contact_id
    and logged.leg_number = cuts.leg_number
    and cuts.ended_at >= logged.answered_at
    and cuts.ended_at < logged.ended_at
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
    false as is_cut,
    started_at as offered_at,
    answered_at,
    ended_at
from channels
where not is_in_queue_log
