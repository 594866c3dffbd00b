{{ config(materialized='view') }}

with events as (

    select
        site_id,
        callid,
        queue_id,
        agent_login,
        event,
        customer_key,
        case when event = 'ENTERQUEUE' then data2 end as caller_extension,
        case when event = 'CONNECT' then data2 end as agent_channel_id,
        event_epoch,
        file_started_at,
        file_path,
        line_number,
        -- Where each event logs its wait, its talk and its ring.
        try_cast(case
            when event in ('CONNECT', 'COMPLETEAGENT', 'COMPLETECALLER') then data1
            when event in ('ABANDON', 'EXITWITHTIMEOUT', 'EXITEMPTY') then data3
            when event = 'EXITWITHKEY' then data4
        end as integer) as logged_wait_seconds,
        try_cast(case
            when event in ('COMPLETEAGENT', 'COMPLETECALLER') then data2
            when event in ('BLINDTRANSFER', 'TRANSFER', 'ATTENDEDTRANSFER') then data4
        end as integer) as logged_talk_seconds,
        -- CONNECT rings in seconds, RINGNOANSWER in milliseconds.
        case
            when event = 'CONNECT' then try_cast(data3 as double)
            when event in ('RINGNOANSWER', 'RINGCANCELED') then try_cast(data1 as double) / 1000
        end as ring_seconds
    from {{ ref('stg_asterisk__queue_events') }}
    where event in ({{ call_events() }})
        and callid not in ('NONE', 'REALTIME')
    {%- if is_incremental_run() %}
    and part in (select part from {{ ref('int_contacts__touched_parts') }})
    and (site_id, callid) in (
        select site_id, callid from {{ ref('int_contacts__touched_calls') }}
    )
    {%- endif %}

),

ordered as (

    select
        *,
        row_number() over call_order as event_index,
        event_epoch - lag(event_epoch) over call_order as silence_seconds
    from events
    window call_order as (
        partition by site_id, callid
        order by event_epoch, file_started_at, file_path, line_number
    )

),

-- A callid that comes back after a day names a new contact.
told_apart as (

    select
        *,
        1 + sum(case
            when
                event = 'ENTERQUEUE'
                and silence_seconds > {{ var('callid_reuse_hours') * 3600 }}
                then 1
            else 0
        end) over (
            partition by site_id, callid order by event_index rows unbounded preceding
        ) as contact_number
    from ordered

)

select * from told_apart
