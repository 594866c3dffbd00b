with newest as (

    {{ latest_by_key('zendesk_ticket_schedules', ['_site_id', 'ticket_id', 'created_at']) }}

)

select
    _site_id as site_id,
    ticket_id,
    schedule_id,
    created_at as valid_from
from newest
where created_at <= timestamp '{{ var("as_of") }}'
