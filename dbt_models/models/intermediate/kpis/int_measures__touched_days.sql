{#- Every day whose figures this run may change; on a first run, every day. -#}
{%- set measures = published('fct_measures') -%}
{#- Each gives the days (work_date) on which rows of a mart differ from the last publication. -#}
{%- set changed_days = [
    'int_surveys__stale_days', 'int_quality__changed_days', 'int_complaints__changed_days',
    'int_retention__touched_days', 'int_tickets__changed_days', 'int_people__changed_absences',
    'int_people__changed_training', 'int_people__changed_reviews', 'int_people__new_days'
] -%}
with other_days as (

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

    select work_date, true as reaches_back from {{ ref('int_contacts__touched_days') }}
    union all
    select work_date, true as reaches_back from other_days
    {%- if is_incremental_run() %}
    union all
    -- Contacts whose days of waiting for a repeat ended since the last run are final now; that changes
    -- what is told of their own day, and of the one on which the waiting ended.
    select days.work_date, false as reaches_back
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
            as distance
    from direct
    cross join {{ number_series(-2 * var('repeat_days') - 3, 2 * var('repeat_days') + 3) }} as around

)

-- Figures change on the days around a touched one too: a contact decides whether others of the same
-- customer were repeated. The distance tells the days to rebuild from those that are only read for it.
select
    work_date,
    min(distance) as distance
from around
where distance <= {{ 2 * var('repeat_days') + 3 }}
group by work_date
