-- The first public comment of an agent who is a person. Neither the requester's own words count, nor
-- those with which somebody opened the ticket for the requester.
select
    comments.site_id,
    comments.ticket_id,
    comments.user_id,
    tickets.created_at,
    comments.created_at as responded_at
from {{ ref('stg_zendesk__comments') }} as comments
inner join {{ ref('stg_zendesk__tickets') }} as tickets
    on comments.site_id = tickets.site_id and comments.ticket_id = tickets.ticket_id
inner join {{ ref('stg_zendesk__users') }} as users
    on comments.site_id = users.site_id and comments.user_id = users.user_id
where comments.is_public
    and users.role in ({{ literals(var('agent_roles')) }})
    and not {{ is_bot(['users.full_name', 'users.email']) }}
    and comments.created_at >= tickets.created_at
    and (tickets.requester_id is null or comments.user_id <> tickets.requester_id)
    and (
        comments.created_at > tickets.created_at
        or tickets.submitter_id is null
        or comments.user_id <> tickets.submitter_id
    )
qualify row_number() over (
        partition by comments.site_id, comments.ticket_id
        order by comments.created_at, comments.comment_id
    ) = 1
