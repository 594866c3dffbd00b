-- depends_on: {{ ref('int_contacts__changed_incidents') }}
select
    incident_id,
    site_id,
    queue_id,
    reason,
    work_date,
    started_at,
    ended_at
from {{ ref('stg_operations__incidents') }}
