{{ config(materialized="view") }}
-- What each answer says on its question's scale, or why it counts nowhere.
with scaled as (

    select
        *,
        case
            when question in ('csat', 'ces') then 1
            when question in ('nps', 'resolved') then 0
        end as lowest,
        case question
            when 'csat' then coalesce(scale_max, 5)
            when 'ces' then coalesce(scale_max, 7)
            when 'nps' then coalesce(scale_max, 10)
            when 'resolved' then 1
        end as highest
    from {{ ref('stg_surveys__answers') }}

),

judged as (

    select
        *,
        case
            when lowest is null then 'unknown_question'
            when highest <= lowest or (question = 'nps' and highest <> 10) then 'unknown_scale'
            when answer is null then 'no_number'
            when answer < lowest or answer > highest then 'off_scale'
            when question in ('nps', 'resolved') and answer <> floor(answer) then 'between_steps'
        end as invalid_reason
    from scaled

)

select
    survey_id,
    question,
    contact_ref,
    site_id,
    customer_key,
    invalid_reason,
    answer,
    scale_max,
    case
        when question <> 'nps' or invalid_reason is not null then null
        when answer >= 9 then 1
        when answer <= 6 then -1
        else 0
    end as promoter_balance,
    -- Scales of different length meet on one of 1 to 7.
    case
        when question = 'ces' and invalid_reason is null
            then 1 + 6 * (answer - 1) / (highest - 1)
    end as ease_points,
    case when question = 'csat' and invalid_reason is null then answer >= highest - 1 end as is_top_answer,
    case when question = 'resolved' and invalid_reason is null then answer = 1 end as is_resolved,
    answered_at
from judged
