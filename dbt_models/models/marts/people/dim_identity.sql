-- depends_on: {{ ref('int_people__changed_attributions') }}
select
    site_id,
    agent_login,
    employee_id,
    valid_from,
    valid_to
from {{ ref('int_people__identities') }}
