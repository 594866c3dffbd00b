select
    appeal_id,
    employee_id,
    period,
    kpi_code,
    contact_ref,
    text,
    decision,
    decided_by,
    status,
    currency,
    amount,
    filed_at,
    decided_at,
    deadline_date
from {{ ref('int_pay__appeals') }}
