with newest as (

    {{ latest_by_key('surveys', ['survey_id', 'question'], 'answered_at') }}

)

select
    newest.survey_id,
    newest.question,
    newest.contact_ref,
    newest._site_id as site_id,
    newest.customer_hash as customer_key,
    -- `resolved` is answered in words, the scales in numbers.
    case
        when lower(newest.answer) in ('yes', 'true') then 1
        when lower(newest.answer) in ('no', 'false') then 0
        else try_cast(newest.answer as double)
    end as answer,
    cast(newest.scale_max as double) as scale_max,
    {{ landed_utc('newest.answered_at', 'sites.time_zone') }} as answered_at
from newest
inner join {{ ref('stg_seeds__sites') }} as sites on newest._site_id = sites.site_id
where {{ landed_utc('newest.answered_at', 'sites.time_zone') }} <= timestamp '{{ var("as_of") }}'
