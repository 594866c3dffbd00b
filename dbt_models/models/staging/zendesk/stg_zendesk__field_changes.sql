with newest as (

    {{ latest_by_key('zendesk_ticket_field_history', ['_site_id', 'ticket_id', 'field_name', 'updated_at']) }}

)

select
    _site_id as site_id,
    ticket_id,
    user_id,
    lower(field_name) as field_name,
    value,
    updated_at as changed_at
from newest
where updated_at <= timestamp '{{ var("as_of") }}'
