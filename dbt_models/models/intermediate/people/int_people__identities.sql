-- Where two people hold one login at once, the one who began later holds it, and the other again when
-- that ends. A validity that ends where it begins was taken back.
with validities as (

    select
        site_id,
        agent_login,
        employee_id,
        valid_from,
        valid_from as starts_at,
        coalesce(valid_to, date '9999-12-31') as ends_at
    from {{ ref('stg_hr__identities') }}
    where valid_to is null or valid_to > valid_from

),

{{ flatten_spans(
    'validities', ['employee_id', 'valid_from'], 'starts_at desc', ['site_id', 'agent_login']
) }}

select
    site_id,
    agent_login,
    employee_id,
    started_at as valid_from,
    nullif(ended_at, date '9999-12-31') as valid_to
from flat
