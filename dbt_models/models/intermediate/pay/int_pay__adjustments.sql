-- Corrections of closed months that were approved, in the open month in which they are paid.
select
    adjustment_id,
    employee_id,
    reason,
    currency,
    amount,
    closed_period_start,
    period_start
from {{ source('ledger', 'approved_adjustments') }}
