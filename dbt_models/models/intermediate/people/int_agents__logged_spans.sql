-- When each login was logged in and paused, a span per place: a queue, or `*` for all of them. A span
-- ends with the next event of its place or of all places; one that the log leaves open ends with the
-- log itself, or after `open_state_hours`.
with events as (

    select
        *,
        event in ('AGENTLOGOFF', 'AGENTCALLBACKLOGOFF') as is_logoff,
        event like 'AGENT%' or event like '%ALL' as is_everywhere,
        {{ from_epoch('event_epoch') }} as event_at
    from {{ ref('stg_asterisk__queue_events') }}
    where event in (
            {{ login_events() }}, {{ logoff_events() }},
            'PAUSE', 'PAUSEALL', 'PAUSEREASON', 'UNPAUSE', 'UNPAUSEALL'
        )
        and agent_login <> 'NONE'
        {%- if is_incremental_run() %}
        and part in (select part from {{ ref('int_contacts__read_parts') }})
        {%- endif %}
        and {{ touched_days_only("cast(" ~ from_epoch('event_epoch') ~ " as date)", 'int_contacts__read_days') }}

),

-- Some write the reason of a pause on a line of its own, in the same second.
explained as (

    select
        *,
        coalesce(
            data1,
            case when lead(event) over agent_order = 'PAUSEREASON' then lead(data1) over agent_order end
        ) as pause_reason
    from events
    window agent_order as (
        partition by site_id, agent_login, event_epoch order by file_started_at, file_path, line_number
    )

),

marks as (

    select
        *,
        'logged_in' as kind,
        event in ({{ login_events() }}) as is_start,
        is_logoff as ends_all
    from explained
    where event in ({{ login_events() }}, {{ logoff_events() }})
    union all
    -- Whoever logs off, or leaves a queue, is not paused there any more.
    select
        *,
        'paused' as kind,
        event in ('PAUSE', 'PAUSEALL') as is_start,
        is_logoff or event = 'UNPAUSEALL' as ends_all
    from explained
    where event not in ({{ login_events() }}, 'PAUSEREASON')

),

placed as (

    select
        *,
        case when is_everywhere then '*' else queue_id end as place,
        row_number() over (
            partition by site_id, agent_login, kind
            order by event_epoch, file_started_at, file_path, line_number
        ) as mark_number
    from marks

),

followed as (

    select
        *,
        lead(event_at) over (
            partition by site_id, agent_login, kind, place order by mark_number
        ) as next_here_at,
        min(case when ends_all or (place <> '*' and event = 'REMOVEMEMBER' and kind = 'paused') then event_at end)
            over following as next_end_anywhere_at,
        min(case when ends_all then event_at end) over following as next_end_of_all_at
    from placed
    window following as (
        partition by site_id, agent_login, kind
        order by mark_number rows between 1 following and unbounded following
    )

)

select
    followed.site_id,
    followed.agent_login,
    followed.kind,
    case when followed.kind = 'paused' then coalesce(followed.pause_reason, '') end as reason,
    followed.event_at as started_at,
    least(
        followed.next_here_at,
        case
            when followed.place = '*' then followed.next_end_anywhere_at
            else followed.next_end_of_all_at
        end,
        log_ends.log_end_at,
        {{ add_seconds('followed.event_at', var('open_state_hours') * 3600) }}
    ) as ended_at
from followed
inner join {{ ref('int_agents__log_ends') }} as log_ends on followed.site_id = log_ends.site_id
where followed.is_start
