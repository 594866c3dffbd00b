{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        on_schema_change="fail",
        pre_hook="{{ delete_touched('work_date', ref('int_contacts__rebuilt_days')) }}",
    )
}}
{%- set local_date = 'cast(' ~ to_local('legs.answered_at', 'sites.time_zone') ~ ' as date)' %}
{%- set visit_counts = [
    'entered_count', 'excluded_count', 'queued_count', 'answered_count', 'abandoned_count', 'timed_out_count',
    'exited_count', 'answered_within_count', 'abandoned_within_count', 'short_abandon_count',
    'wait_answered_seconds', 'service_level_met_count', 'service_level_base_count'
] %}

with visit_totals as (

    select * from {{ ref('int_contacts__visit_half_hours') }}

),

leg_totals as (

    select
        legs.site_id,
        legs.queue_id,
        {{ interval_start('legs.answered_at') }} as interval_started_at,
        {{ local_date }} as work_date,
        count(*) as handled_count,
        sum(coalesce(legs.talk_seconds, 0)) as talk_seconds,
        count(distinct legs.agent_login) as answering_agent_count
    from {{ ref('fct_contact_legs') }} as legs
    inner join {{ ref('stg_seeds__sites') }} as sites on legs.site_id = sites.site_id
    where legs.queue_id is not null and not legs.is_excluded
        -- A night shift's legs have the date of its start, their half hours their own.
        and {{ touched_days_only('legs.work_date') }}
        and {{ touched_days_only(local_date, 'int_contacts__rebuilt_days') }}
    group by
        legs.site_id,
        legs.queue_id,
        {{ interval_start('legs.answered_at') }},
        {{ local_date }}

),

joined as (

    select
        coalesce(visit_totals.site_id, leg_totals.site_id) as site_id,
        coalesce(visit_totals.queue_id, leg_totals.queue_id) as queue_id,
        coalesce(visit_totals.interval_started_at, leg_totals.interval_started_at) as interval_started_at,
        coalesce(visit_totals.work_date, leg_totals.work_date) as work_date,
        {%- for count in visit_counts %}
        cast(coalesce(visit_totals.{{ count }}, 0) as bigint) as {{ count }},
        {%- endfor %}
        visit_totals.longest_wait_seconds,
        coalesce(leg_totals.handled_count, 0) as handled_count,
        cast(coalesce(leg_totals.talk_seconds, 0) as bigint) as talk_seconds,
        coalesce(leg_totals.answering_agent_count, 0) as answering_agent_count
    from visit_totals
    full join leg_totals
        on visit_totals.site_id = leg_totals.site_id
        and visit_totals.queue_id = leg_totals.queue_id
        and visit_totals.interval_started_at = leg_totals.interval_started_at
        and visit_totals.work_date = leg_totals.work_date

)

select
    joined.site_id,
    joined.queue_id,
    {{ label('sites') }} as site_label,
    sites.vendor,
    coalesce({{ label('queues') }}, joined.queue_id) as queue_label,
    {{ weekday_label('joined.work_date') }} as weekday_label,
    {{ iso_weekday('joined.work_date') }} as weekday_number,
    cast(
        extract(hour from {{ to_local('joined.interval_started_at', 'sites.time_zone') }}) as integer
    ) as local_hour,
    {%- for count in visit_counts %}
    joined.{{ count }},
    {%- endfor %}
    joined.longest_wait_seconds,
    joined.handled_count,
    joined.talk_seconds,
    joined.answering_agent_count,
    joined.work_date,
    joined.interval_started_at,
    {{ to_local('joined.interval_started_at', 'sites.time_zone') }} as interval_local_at
from joined
inner join {{ ref('stg_seeds__sites') }} as sites on joined.site_id = sites.site_id
left join {{ ref('stg_seeds__queues') }} as queues
    on joined.site_id = queues.site_id and joined.queue_id = queues.queue_id
