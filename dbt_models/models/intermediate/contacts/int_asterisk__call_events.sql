with events as (

    select
        site_id,
        callid,
        queue_id,
        agent_login,
        event,
        customer_key,
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

),

counted as (

    select
        *,
        sum(case when event = 'ENTERQUEUE' then 1 else 0 end) over contact_order as visits_so_far,
        sum(case when event = 'CONNECT' then 1 else 0 end) over contact_order as legs_so_far
    from told_apart
    window contact_order as (
        partition by site_id, callid, contact_number
        order by event_index rows unbounded preceding
    )

),

-- A visit goes on until its own queue's next ENTERQUEUE, a leg until the call's next ENTERQUEUE or CONNECT.
assigned as (

    select
        *,
        max(case when event = 'ENTERQUEUE' then visits_so_far end) over (
            partition by site_id, callid, contact_number, queue_id
            order by event_index rows unbounded preceding
        ) as visit_number,
        first_value(event) over stretch as stretch_event,
        first_value(agent_login) over stretch as stretch_agent_login,
        first_value(queue_id) over stretch as stretch_queue_id
    from counted
    window stretch as (
        partition by site_id, callid, contact_number, visits_so_far, legs_so_far
        order by event_index rows unbounded preceding
    )

),

roles as (

    select
        *,
        case
            when event = 'ENTERQUEUE' then 'visit_start'
            when event in ('RINGNOANSWER', 'RINGCANCELED') then 'offer'
            when
                event in ({{ visit_end_events() }})
                and visit_number is not null then 'visit_end'
            when event = 'CONNECT' then 'leg_start'
            when
                stretch_event = 'CONNECT'
                and agent_login = stretch_agent_login
                and queue_id = stretch_queue_id
                and event not in ({{ visit_end_events() }})
                then 'leg_end'
            else 'unplaced'
        end as event_role
    from assigned

),

-- Of several ends only the first one counts; a visit's CONNECT is an end of its waiting as well.
ranked as (

    select
        *,
        row_number() over (
            partition by
                site_id,
                callid,
                contact_number,
                case when event_role in ('visit_end', 'leg_start') then visit_number end,
                case when event_role = 'leg_end' then legs_so_far end,
                case
                    when event_role in ('visit_end', 'leg_start') then 'visit_end'
                    else event_role
                end
            order by event_index
        ) as end_rank
    from roles

)

select
    'asterisk:' || site_id || ':' || callid
    || case when contact_number > 1 then ':' || contact_number else '' end as contact_id,
    site_id,
    callid,
    queue_id,
    agent_login,
    event,
    customer_key,
    case
        when event_role in ('visit_end', 'leg_end') and end_rank > 1 then 'unplaced'
        else event_role
    end as event_role,
    case
        when event_role in ('visit_end', 'leg_end') and end_rank > 1 then 'after_its_end'
        when event_role = 'unplaced' and event in ({{ visit_end_events() }}) then 'no_enterqueue'
        when event_role = 'unplaced' then 'no_connect'
    end as unplaced_reason,
    file_path,
    line_number,
    event_index,
    cast(visit_number as integer) as visit_number,
    cast(legs_so_far as integer) as leg_number,
    -- The first CONNECT of a visit, unless the caller had left the visit before.
    event_role in ('visit_end', 'leg_start') and end_rank = 1
    and visit_number is not null as is_visit_end,
    logged_wait_seconds,
    logged_talk_seconds,
    ring_seconds,
    {{ from_epoch('event_epoch') }} as event_at
from ranked
