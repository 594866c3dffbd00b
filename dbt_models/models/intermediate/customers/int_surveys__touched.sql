{%- if not is_incremental_run() %}

select
    cast(null as {{ dbt.type_string() }}) as survey_id,
    cast(null as {{ dbt.type_string() }}) as question
where false

{%- else %}

with changed as (

    {{ changed_rows('surveys', ['survey_id', 'question']) }}

)

select survey_id, question from changed
union
-- Answers about touched calls may pass to another agent. The site is not compared, since rows without
-- one find their contact at any.
select survey_id, question
from {{ ref('stg_surveys__answers') }}
where contact_ref in (
        select callid from {{ ref('int_contacts__touched_calls') }}
        union all
        select aliases.contact_ref
        from {{ ref('int_contacts__references') }} as aliases
        inner join {{ ref('int_contacts__touched_calls') }} as touched
            on aliases.site_id = touched.site_id and aliases.callid = touched.callid
    )
union
-- Answers later than the `as_of` of an earlier run.
select answers.survey_id, answers.question
from {{ ref('stg_surveys__answers') }} as answers
inner join {{ source('landing', 'run') }} as run on answers.answered_at > run.previous_as_of

{%- endif %}
