{#- Every day whose figures this run may change; on a first run, every day. -#}
{%- set measures = published('fct_measures') -%}
{#- Each gives the days (work_date) on which rows of a mart differ from the last publication. -#}
{%- set changed_days = [
    'int_contacts__stale_days', 'int_surveys__stale_days', 'int_quality__changed_days',
    'int_complaints__changed_days', 'int_retention__touched_days',
    'int_tickets__changed_days',
    'int_people__changed_schedules', 'int_people__changed_absences', 'int_people__changed_training',
    'int_people__changed_reviews', 'int_people__new_days'
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

direct as (

    select work_date from contact_days
    union
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
    union
    -- Contacts whose days of waiting for a repeat ended since the last run are final now.
    select days.work_date
    from (select distinct work_date from {{ measures }}) as days
    inner join {{ source('landing', 'run') }} as run
        on days.work_date >= {{ add_days('cast(run.previous_as_of as date)', -var('repeat_days') - 1) }}
    {%- endif %}

)

-- Figures change on the days around a touched one too: a contact decides whether others of the same
-- customer were repeated. `distance` tells the days to rebuild from those that are only read for it.
select
    {{ add_days('direct.work_date', 'cast(around.n as integer)') }} as work_date,
    min(abs(around.n)) as distance
from direct
cross join {{ number_series(-2 * var('repeat_days') - 3, 2 * var('repeat_days') + 3) }} as around
group by {{ add_days('direct.work_date', 'cast(around.n as integer)') }}
