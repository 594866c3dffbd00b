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

    select * from {{ ref('int_surveys__judged') }}
    {%- if is_incremental_run() %}
    where (survey_id, question) in (
            select survey_id, question from {{ ref('int_surveys__touched') }}
        )
    {%- endif %}

),

-- An answer rates whoever held the contact last before it was given.
held as (

    {{ held_contacts('answers', ['survey_id', 'question'], 'answers.answered_at') }}

),

placed as (

    select
        answers.*,
        held.contact_id,
        held.employee_id,
        held.agent_login,
        held.queue_id,
        coalesce(held.is_excluded, false) as is_excluded,
        coalesce(held.site_id, answers.site_id) as place
    from answers
    left join held
        on answers.survey_id = held.survey_id
        and answers.question = held.question
        and held.recency = 1
        and held.is_one_site

)

select
    placed.survey_id,
    placed.contact_id,
    placed.employee_id,
    placed.agent_login,
    placed.queue_id,
    placed.place as site_id,
    placed.contact_ref,
    placed.customer_key,
    placed.question,
    placed.invalid_reason,
    placed.answer,
    placed.scale_max,
    placed.promoter_balance,
    placed.ease_points,
    placed.is_top_answer,
    placed.is_resolved,
    placed.invalid_reason is null as is_valid,
    placed.is_excluded,
    cast({{ to_local('placed.answered_at', 'sites.time_zone') }} as date) as work_date,
    placed.answered_at
from placed
inner join {{ ref('stg_seeds__sites') }} as sites on placed.place = sites.site_id
order by work_date
