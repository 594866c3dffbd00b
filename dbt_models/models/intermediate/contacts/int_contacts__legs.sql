with queue_starts as (

    select * from {{ ref('int_asterisk__call_events') }} where event_role = 'leg_start'

),

queue_ends as (

    select * from {{ ref('int_asterisk__call_events') }} where event_role = 'leg_end'

),

channel_legs as (

    select
        *,
        row_number() over (
            partition by contact_id order by answered_at, started_at, file_path, line_number
        ) as leg_number
    from {{ ref('int_contacts__channel_calls') }}
    where disposition = 'ANSWERED' and not is_in_queue_log

)

select
    starts.contact_id,
    starts.site_id,
    starts.callid,
    starts.queue_id,
    starts.agent_login,
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
from queue_starts as starts
left join queue_ends as ends
    on starts.contact_id = ends.contact_id and starts.leg_number = ends.leg_number
union all
select
    contact_id,
    site_id,
    linkedid as callid,
    cast(null as {{ dbt.type_string() }}) as queue_id,
    coalesce(nullif(destination_channel, ''), channel) as agent_login,
    'caller' as end_reason,
    cast(leg_number as integer) as leg_number,
    billed_seconds as talk_seconds,
    started_at as offered_at,
    answered_at,
    ended_at
from channel_legs
