-- Where two people hold one login at once, the later holder counts: a validity ends where the next begins.
select
    site_id,
    agent_login,
    employee_id,
    valid_from,
    case
        when
            lead(valid_from) over (
                partition by site_id, agent_login order by valid_from
            ) < coalesce(valid_to, date '9999-12-31')
            then lead(valid_from) over (partition by site_id, agent_login order by valid_from)
        else valid_to
    end as valid_to
from {{ ref('stg_hr__identities') }}
