select
    action_id,
    employee_id,
    goal_id,
    owner_id,
    step,
    resource,
    status,
    progress_ratio,
    due_date,
    checkpoint_date,
    updated_at
from {{ ref('stg_hr__actions') }}
