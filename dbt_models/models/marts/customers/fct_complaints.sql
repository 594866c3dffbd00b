-- depends_on: {{ ref('int_complaints__changed_days') }}
select
    complaint_id,
    contact_id,
    employee_id,
    agent_login,
    queue_id,
    site_id,
    contact_ref,
    customer_key,
    reason,
    is_valid,
    is_excluded,
    work_date,
    received_at,
    closed_at
from {{ ref('int_complaints__held') }}
