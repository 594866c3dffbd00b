with newest as (

    {{ latest_as_of('zendesk_tickets', ['_site_id', 'id'], 'updated_at') }}

)

-- Of a version later than `as_of` only what never changes is taken.
select
    _site_id as site_id,
    id as ticket_id,
    requester_id,
    submitter_id,
    case when not _is_later then assignee_id end as assignee_id,
    case when not _is_later then lower(status) end as status,
    case when not _is_later then priority end as priority,
    via_channel as channel,
    _is_later as is_later,
    created_at,
    case when _is_later then created_at else coalesce(updated_at, created_at) end as updated_at
from newest
where created_at <= timestamp '{{ var("as_of") }}'
