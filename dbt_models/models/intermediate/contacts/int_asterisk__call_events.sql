with counted as (

    select
        *,
        sum(case when event = 'ENTERQUEUE' then 1 else 0 end) over contact_order as visits_so_far,
        sum(case when event = 'CONNECT' then 1 else 0 end) over contact_order as legs_so_far
    from {{ ref('int_asterisk__call_sequence') }}
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
    caller_extension,
    agent_channel_id,
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
