with newest as (

    {{ latest_as_of('zendesk_ticket_metrics', ['_site_id', 'ticket_id'], 'updated_at') }}

)

select
    _site_id as site_id,
    ticket_id,
    reopens as reopen_count,
    solved_at
from newest
where not _is_later and coalesce(solved_at <= timestamp '{{ var("as_of") }}', true)
