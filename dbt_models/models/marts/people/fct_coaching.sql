select
    session_id,
    employee_id,
    coach_id,
    site_id,
    kind,
    kpi_code,
    summary,
    work_date,
    held_at,
    acknowledged_at
from {{ ref('stg_hr__coaching') }}
