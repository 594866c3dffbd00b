{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        on_schema_change="fail",
        pre_hook="{{ delete_touched('survey_id, question', ref('int_surveys__touched')) }}",
    )
}}
-- depends_on: {{ ref('int_surveys__stale_days') }}

with answers as (

    select * from {{ ref('stg_surveys__answers') }}
    {%- if is_incremental_run() %}
    where (survey_id, question) in (
            select survey_id, question from {{ ref('int_surveys__touched') }}
        )
    {%- endif %}

),

-- An answer rates whoever held the contact last before it was given.
held as (

    select
        answers.survey_id,
        answers.question,
        legs.contact_id,
        legs.queue_id,
        legs.agent_login,
        legs.employee_id,
        row_number() over (
            partition by answers.survey_id, answers.question
            order by legs.answered_at desc, legs.leg_number desc
        ) as recency
    from answers
    inner join {{ ref('fct_contact_legs') }} as legs
        on answers.site_id = legs.site_id
        and answers.contact_ref = legs.callid
        and answers.answered_at >= legs.answered_at

)

select
    answers.survey_id,
    held.contact_id,
    held.employee_id,
    held.agent_login,
    held.queue_id,
    answers.site_id,
    answers.contact_ref,
    answers.customer_key,
    answers.question,
    answers.answer,
    answers.scale_max,
    case
        when answers.question = 'csat' and answers.answer between 1 and coalesce(answers.scale_max, 5)
            then answers.answer >= coalesce(answers.scale_max, 5) - 1
    end as is_top_answer,
    cast({{ to_local('answers.answered_at', 'sites.time_zone') }} as date) as work_date,
    answers.answered_at
from answers
inner join {{ ref('stg_seeds__sites') }} as sites on answers.site_id = sites.site_id
left join held
    on answers.survey_id = held.survey_id
    and answers.question = held.question
    and held.recency = 1
