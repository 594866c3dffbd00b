-- depends_on: {{ ref('int_people__changed_training') }}
select
    training_id,
    employee_id,
    site_id,
    course,
    pre_score,
    post_score,
    max_score,
    gain_points,
    is_due,
    is_completed_in_time,
    due_date,
    completed_date,
    completed_at
from {{ ref('int_people__training') }}
