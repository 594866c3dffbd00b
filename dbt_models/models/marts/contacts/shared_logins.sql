{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        on_schema_change="fail",
        pre_hook="{{ delete_touched('work_date', ref('int_contacts__rebuilt_days')) }}",
    )
}}

-- One person talks to one caller at a time; several chats at once are their trade.
with talks as (

    select
        legs.contact_id,
        legs.leg_number,
        legs.site_id,
        legs.agent_login,
        legs.employee_id,
        legs.work_date,
        legs.answered_at,
        legs.ended_at
    from {{ ref('fct_contact_legs') }} as legs
    inner join {{ ref('fct_contacts') }} as contacts on legs.contact_id = contacts.contact_id
    where legs.ended_at > legs.answered_at
        and legs.agent_login is not null
        and contacts.channel = 'voice'
        and {{ touched_days_only('legs.work_date', 'int_contacts__rebuilt_days') }}
        and {{ touched_days_only('contacts.work_date') }}

),

sequenced as (

    select
        *,
        max(ended_at) over earlier as busy_until,
        lead(answered_at) over talk_order as next_answered_at
    from talks
    window
        talk_order as (
            partition by site_id, agent_login, work_date order by answered_at, contact_id, leg_number
        ),
        earlier as (
            partition by site_id, agent_login, work_date
            order by answered_at, contact_id, leg_number
            rows between unbounded preceding and 1 preceding
        )

),

-- From when to when a talk went on beside an earlier one.
doubled as (

    select
        *,
        next_answered_at < {{ add_seconds('ended_at', -1) }} as is_overlapped,
        case when busy_until > answered_at then answered_at end as doubled_from,
        case when busy_until > answered_at then least(ended_at, busy_until) end as doubled_to
    from sequenced

),

counted as (

    select
        *,
        -- Three talks at once are no more seconds than two.
        max(doubled_to) over (
            partition by site_id, agent_login, work_date
            order by answered_at, contact_id, leg_number
            rows between unbounded preceding and 1 preceding
        ) as counted_until
    from doubled

),

totals as (

    select
        site_id,
        agent_login,
        max(employee_id) as employee_id,
        cast({{ count_where('is_overlapped') }} as bigint) as overlap_count,
        cast(sum(greatest(
            {{ epoch_seconds('doubled_to') }}
            - {{ epoch_seconds('greatest(doubled_from, coalesce(counted_until, doubled_from))') }},
            0
        )) as bigint) as overlap_seconds,
        work_date,
        min(doubled_from) as first_overlap_at,
        max(doubled_to) as last_overlap_at
    from counted
    group by site_id, agent_login, work_date

)

-- One talk without an end in the log would cover many others: only several of them tell of two people.
select
    site_id,
    agent_login,
    employee_id,
    overlap_count,
    overlap_seconds,
    work_date,
    first_overlap_at,
    last_overlap_at
from totals
where overlap_count >= {{ var('shared_login_overlaps') }}
    and overlap_seconds >= {{ var('shared_login_seconds') }}
