with records as (

    select * from {{ ref('stg_connect__records') }}

),

transferred as (

    select distinct site_id, previous_contact_id as contact_id
    from records
    where initiation_method = 'TRANSFER'

),

ended as (

    select
        records.*,
        transferred.contact_id is not null or records.next_contact_id is not null as is_transferred,
        -- After-call work follows the end.
        coalesce(disconnected_at, wrap_started_at) as ended_at
    from records
    left join transferred
        on records.site_id = transferred.site_id and records.contact_id = transferred.contact_id
    where agent_connected_at is not null

)

select
    site_id,
    callid,
    queue_id,
    agent_login,
    case
        when ended_at is null then 'unfinished'
        when transfer_completed_at is not null then 'attended_transfer'
        when is_transferred then 'blind_transfer'
        when disconnect_reason like 'AGENT%' then 'agent'
        else 'caller'
    end as end_reason,
    row_number() over (
        partition by site_id, callid order by agent_connected_at, contact_id
    ) as leg_number,
    case
        when ended_at is not null
            then coalesce(
                    talk_seconds,
                    {{ epoch_seconds('ended_at') }} - {{ epoch_seconds('agent_connected_at') }}
                    - coalesce(hold_seconds, 0)
                )
    end as talk_seconds,
    hold_seconds,
    wrap_seconds,
    agent_connected_at as offered_at,
    agent_connected_at as answered_at,
    ended_at
from ended
