select
    goal_id,
    employee_id,
    kpi_code,
    period_type,
    target,
    period_start,
    agreed_at
from {{ ref('stg_hr__goals') }}
