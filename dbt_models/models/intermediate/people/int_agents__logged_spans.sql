-- When each login was logged in and paused. A span that the log leaves open ends with the
-- next one of its kind, with the log itself, or after `open_state_hours`.
with events as (

    select
        site_id,
        agent_login,
        case
            when event in ({{ login_events() }}, {{ logoff_events() }}) then 'logged_in'
            else 'paused'
        end as kind,
        event in ({{ login_events() }}, 'PAUSE', 'PAUSEALL') as is_start,
        case when event in ('PAUSE', 'PAUSEALL') then coalesce(data1, '') end as reason,
        {{ from_epoch('event_epoch') }} as event_at,
        event_epoch,
        file_started_at,
        file_path,
        line_number
    from {{ ref('stg_asterisk__queue_events') }}
    where event in (
            {{ login_events() }}, {{ logoff_events() }}, 'PAUSE', 'PAUSEALL', 'UNPAUSE', 'UNPAUSEALL'
        )
        and agent_login <> 'NONE'
        and {{ touched_days_only("cast(" ~ from_epoch('event_epoch') ~ " as date)") }}

),

ordered as (

    select
        *,
        lag(is_start) over log_order as previous_is_start,
        lag(reason) over log_order as previous_reason
    from events
    window log_order as (
        partition by site_id, agent_login, kind
        order by event_epoch, file_started_at, file_path, line_number
    )

),

-- PAUSEALL is followed by one PAUSE per queue, a log-in by one ADDMEMBER per queue: one span.
numbered as (

    select
        *,
        sum(case
            when is_start and (
                    previous_is_start is null
                    or not previous_is_start
                    or coalesce(reason, '') <> coalesce(previous_reason, '')
                ) then 1
            else 0
        end) over (
            partition by site_id, agent_login, kind
            order by event_epoch, file_started_at, file_path, line_number
            rows unbounded preceding
        ) as span_number
    from ordered

),

spans as (

    select
        site_id,
        agent_login,
        kind,
        max(reason) as reason,
        min(event_at) as started_at,
        case
            when kind = 'paused' then min(case when not is_start then event_at end)
            else max(case when not is_start then event_at end)
        end as logged_end_at
    from numbered
    where span_number > 0
    group by site_id, agent_login, kind, span_number

),

log_ends as (

    select site_id, {{ from_epoch('max(event_epoch)') }} as log_end_at
    from {{ ref('stg_asterisk__queue_events') }}
    group by site_id

),

closed as (

    select
        spans.*,
        least(
            coalesce(
                spans.logged_end_at,
                lead(spans.started_at) over (
                    partition by spans.site_id, spans.agent_login, spans.kind order by spans.started_at
                ),
                log_ends.log_end_at
            ),
            {{ add_seconds('spans.started_at', var('open_state_hours') * 3600) }}
        ) as ended_at
    from spans
    inner join log_ends on spans.site_id = log_ends.site_id

)

select site_id, agent_login, kind, reason, started_at, ended_at
from closed
