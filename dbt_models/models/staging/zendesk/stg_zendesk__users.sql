with newest as (

    {{ latest_as_of('zendesk_users', ['_site_id', 'id'], 'updated_at') }}

)

select
    _site_id as site_id,
    id as user_id,
    external_id,
    name as full_name,
    lower(email) as email,
    lower(role) as role
from newest
