with newest as (

    {{ latest_by_key('hr_identities', ['site', 'login', 'valid_from']) }}

)

select
    site as site_id,
    login as agent_login,
    employee_id,
    valid_from,
    valid_to
from newest
