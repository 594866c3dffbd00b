{#- Every day whose figures this run may change; on a first run, every day. -#}
{%- set measures = published('fct_measures') -%}
{#- Each gives the days (work_date) on which rows of a mart differ from the last publication. -#}
{%- set changed_days = [
    'int_surveys__stale_days', 'int_quality__changed_days', 'int_complaints__changed_days',
    'int_retention__touched_days', 'int_tickets__changed_days', 'int_people__changed_absences',
    'int_people__changed_training', 'int_people__changed_reviews', 'int_people__new_days'
] -%}
with contact_days as (

    select work_date from {{ ref('fct_contacts') }}
    where {{ touched_calls_only() }}
    union
    select work_date from {{ ref('fct_queue_visits') }}
    where {{ touched_calls_only() }}
    union
    select work_date from {{ ref('fct_contact_legs') }}
    where {{ touched_calls_only() }}
    union
    select work_date from {{ ref('fct_offers') }}
    where {{ touched_calls_only() }}

),

changed_events as (

    {{ changed_rows('asterisk_queue_log', ['epoch', 'agent']) }}

),

-- What agents did on these days may be told differently now.
days_of_agents as (

    select work_date from contact_days
    union
    select work_date from {{ ref('int_contacts__stale_days') }}
    union
    select work_date from {{ ref('int_people__changed_schedules') }}
    union
    select cast({{ from_epoch('epoch') }} as date) as work_date
    from changed_events
    where agent <> 'NONE'
    {%- if is_incremental_run() %}
    union
    select cast({{ from_epoch('events.event_epoch') }} as date) as work_date
    from {{ ref('stg_asterisk__queue_events') }} as events
    inner join {{ source('landing', 'run') }} as run
        on events.event_epoch > {{ epoch_seconds('run.previous_as_of') }}
    where events.part in (select part from {{ ref('stg_landing__newest_parts') }})
        and events.agent_login <> 'NONE'
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

),

other_days as (

    {%- for model in changed_days %}
    select work_date from {{ ref(model) }}
    union
    {%- endfor %}
    select work_date from {{ ref('fct_surveys') }}
    {%- if is_incremental_run() %}
    where (survey_id, question) in (
            select survey_id, question from {{ ref('int_surveys__touched') }}
        )
    {%- endif %}

),

direct as (

    select work_date, true as is_of_agents, true as reaches_back from days_of_agents
    union all
    select work_date, false as is_of_agents, true as reaches_back from other_days
    {%- if is_incremental_run() %}
    union all
    -- Contacts whose days of waiting for a repeat ended since the last run are final now; that changes
    -- what is told of their own day, and of the one on which the waiting ended.
    select days.work_date, false as is_of_agents, false as reaches_back
    from (select distinct work_date from {{ measures }}) as days
    inner join {{ source('landing', 'run') }} as run
        on days.work_date >= {{ add_days('cast(run.previous_as_of as date)', -var('repeat_days') - 1) }}
        and days.work_date <= {{ add_days('cast(run.as_of as date)', 1 - var('repeat_days')) }}
    {%- endif %}

),

around as (

    select
        {{ add_days('direct.work_date', 'cast(around.n as integer)') }} as work_date,
        abs(around.n)
        + case when around.n < 0 and not direct.reaches_back then {{ var('repeat_days') + 1 }} else 0 end
            as distance,
        case when direct.is_of_agents then abs(around.n) end as distance_of_agents
    from direct
    cross join {{ number_series(-2 * var('repeat_days') - 3, 2 * var('repeat_days') + 3) }} as around

)

-- Figures change on the days around a touched one too: a contact decides whether others of the same
-- customer were repeated. The distance tells the days to rebuild from those that are only read for it.
select
    work_date,
    min(distance) as distance,
    min(distance_of_agents) as distance_of_agents
from around
where distance <= {{ 2 * var('repeat_days') + 3 }}
group by work_date
