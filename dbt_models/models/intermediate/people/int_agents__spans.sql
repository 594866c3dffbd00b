-- When each login was logged in, paused and on a call.
with all_spans as (

    select site_id, agent_login, kind, reason, started_at, ended_at
    from {{ ref('int_agents__logged_spans') }}
    union all
    select
        site_id,
        agent_login,
        'on_call' as kind,
        cast(null as {{ dbt.type_string() }}) as reason,
        answered_at as started_at,
        ended_at
    from {{ ref('fct_contact_legs') }}
    where agent_login is not null and {{ touched_days_only('work_date', 'int_contacts__read_days') }}
    union all
    select site_id, agent_login, kind, reason, started_at, ended_at
    from {{ ref('int_sources__states') }}
    where {{ touched_days_only('cast(started_at as date)', 'int_contacts__read_days') }}

),

dated as (

    select
        all_spans.*,
        sites.time_zone,
        cast({{ to_local('all_spans.started_at', 'sites.time_zone') }} as date) as start_date
    from all_spans
    inner join {{ ref('stg_seeds__sites') }} as sites on all_spans.site_id = sites.site_id
    where all_spans.ended_at > all_spans.started_at

)

select
    site_id,
    agent_login,
    kind,
    reason,
    started_at,
    ended_at,
    {{ to_utc("cast(" ~ add_days('start_date', 1) ~ " as timestamp)", 'time_zone') }} as next_midnight_at
from dated
