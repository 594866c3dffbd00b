with newest as (

    {{ latest_by_key('zendesk_ticket_comments', ['_site_id', 'id']) }}

)

select
    _site_id as site_id,
    id as comment_id,
    ticket_id,
    user_id,
    coalesce(is_public, false) as is_public,
    created_at
from newest
where created_at <= timestamp '{{ var("as_of") }}'
