{#- Days of which calls, or what agents did, may be told differently now; on a first run, every day. -#}
{%- set measures = published('fct_measures') -%}
with contact_days as (

    select work_date from {{ ref('fct_contacts') }}
    where {{ touched_facts_only() }}
    union
    select work_date from {{ ref('fct_queue_visits') }}
    where {{ touched_facts_only() }}
    union
    select work_date from {{ ref('fct_contact_legs') }}
    where {{ touched_facts_only() }}
    union
    select work_date from {{ ref('fct_offers') }}
    where {{ touched_facts_only() }}

),

changed_events as (

    {{ changed_rows('asterisk_queue_log', ['epoch', 'agent', 'event']) }}

)

select work_date from contact_days
union
select work_date from {{ ref('int_contacts__stale_days') }}
union
select work_date from {{ ref('int_people__changed_schedules') }}
union
select cast({{ from_epoch('epoch') }} as date) as work_date
from changed_events
where agent <> 'NONE' or event in ({{ call_events() }})
{%- if is_incremental_run() %}
union
select cast({{ from_epoch('events.event_epoch') }} as date) as work_date
from {{ ref('stg_asterisk__queue_events') }} as events
inner join {{ source('landing', 'run') }} as run
    on events.event_epoch > {{ epoch_seconds('run.previous_as_of') }}
where events.part in (select part from {{ ref('stg_landing__newest_parts') }})
    and (events.agent_login <> 'NONE' or events.event in ({{ call_events() }}))
union
select days.work_date
from (select distinct work_date from {{ measures }}) as days
inner join {{ ref('int_people__changed_days') }} as changes
    on days.work_date >= changes.changed_from and days.work_date < changes.changed_to
union
select days.work_date
from (select distinct work_date from {{ measures }}) as days
inner join {{ ref('int_people__changed_attributions') }} as changes
    on days.work_date >= cast(changes.changed_from as date)
    and days.work_date <= cast(changes.changed_to as date)
union
-- A source's agent states have no day in the marts that tells of them alone.
select {{ add_days('cast(parts.first_at as date)', 'cast(days.n as integer)') }} as work_date
from {{ ref('stg_landing__changed_parts') }} as parts
inner join {{ number_series(0, 400) }} as days
    on {{ add_days('cast(parts.first_at as date)', 'cast(days.n as integer)') }}
    <= {{ add_days('cast(parts.last_at as date)', 1) }}
where parts.feed in (select feed from {{ ref('int_sources__states') }})
union
-- A state that was open at the end of the log goes on now.
select max(work_date) as work_date
from {{ published('fct_agent_states') }}
group by site_id
{%- endif %}
