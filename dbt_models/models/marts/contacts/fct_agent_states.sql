{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        on_schema_change="fail",
        pre_hook="{{ delete_touched('work_date', ref('int_contacts__rebuilt_days')) }}",
    )
}}

with edges as (

    select site_id, agent_login, started_at as edge_at, kind, reason, 1 as step
    from {{ ref('int_agents__spans') }}
    union all
    select site_id, agent_login, ended_at as edge_at, kind, null as reason, -1 as step
    from {{ ref('int_agents__spans') }}
    union all
    -- A state that crosses midnight is cut there, so that each day has its own seconds.
    select site_id, agent_login, next_midnight_at as edge_at, kind, null as reason, 0 as step
    from {{ ref('int_agents__spans') }}

),

moments as (

    select
        site_id,
        agent_login,
        edge_at,
        max(reason) as reason,
        sum(case when kind = 'logged_in' then step else 0 end) as login_step,
        sum(case when kind = 'paused' then step else 0 end) as pause_step,
        sum(case when kind = 'on_call' then step else 0 end) as call_step
    from edges
    group by site_id, agent_login, edge_at

),

running as (

    select
        site_id,
        agent_login,
        edge_at as started_at,
        lead(edge_at) over moment_order as ended_at,
        sum(login_step) over moment_order > 0 as is_logged_in,
        sum(pause_step) over moment_order > 0 as is_paused,
        sum(call_step) over moment_order > 0 as is_on_call,
        last_value(reason ignore nulls) over moment_order as pause_reason
    from moments
    window moment_order as (
        partition by site_id, agent_login order by edge_at rows unbounded preceding
    )

),

states as (

    select
        site_id,
        agent_login,
        case when is_on_call then 'on_call' when is_paused then 'paused' else 'available' end as state,
        case when is_paused and not is_on_call then pause_reason end as reason,
        is_logged_in,
        started_at,
        ended_at
    from running
    where is_on_call or is_paused or is_logged_in

),

placed as (

    select
        states.site_id,
        states.agent_login,
        identities.employee_id,
        states.state,
        states.reason,
        {{ epoch_seconds('states.ended_at') }} - {{ epoch_seconds('states.started_at') }} as state_seconds,
        states.is_logged_in,
        {{ attributed_work_date('states.started_at') }} as work_date,
        states.started_at,
        states.ended_at
    from states
    {{ attribution_joins('states', 'states.started_at') }}

)

select
    site_id,
    agent_login,
    employee_id,
    state,
    reason,
    state_seconds,
    is_logged_in,
    work_date,
    started_at,
    ended_at
from placed
{%- if is_incremental_run() %}
where work_date in (select work_date from {{ ref('int_contacts__rebuilt_days') }})
{%- endif %}
order by work_date
