select
    employee_id,
    min_by(acknowledged_by, acknowledged_at) as acknowledged_by,
    period_start,
    min(acknowledged_at) as acknowledged_at
from {{ source('ledger', 'acknowledgements') }}
group by employee_id, period_start
