{{ config(materialized='table') }}

with delivered as (

    select
        answers.*,
        {{ landed_utc('answers.answered_at', 'sites.time_zone') }} as answered_utc
    from {{ source('raw', 'surveys') }} as answers
    inner join {{ ref('stg_seeds__sites') }} as sites on answers._site_id = sites.site_id
    where {{ landed_utc('answers.answered_at', 'sites.time_zone') }} <= timestamp '{{ var("as_of") }}'

),

newest as (

    {{ newest_rows('delivered', ['survey_id', 'question'], 'answered_utc') }}

)

select
    survey_id,
    question,
    contact_ref,
    _site_id as site_id,
    customer_hash as customer_key,
    -- `resolved` is answered in words, the scales in numbers.
    case
        when question = 'resolved' and lower(trim(answer)) in ('yes', 'true', 'y') then 1
        when question = 'resolved' and lower(trim(answer)) in ('no', 'false', 'n') then 0
        -- Through a decimal, since `nan` and `inf` are doubles and no answers.
        else cast(try_cast(trim(answer) as decimal(18, 6)) as double)
    end as answer,
    cast(scale_max as double) as scale_max,
    answered_utc as answered_at
from newest
