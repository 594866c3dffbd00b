select
    adjustment_id,
    employee_id,
    kind,
    state,
    period as period_label,
    paid_in as paid_in_label,
    appeal_id,
    currency,
    reason,
    accepted_by,
    rejected_by,
    note,
    closed_amount,
    restated_amount,
    amount,
    cast(period || '-01' as date) as period_start,
    cast(paid_in || '-01' as date) as paid_in_start
from {{ ref('int_pay__corrections') }}
