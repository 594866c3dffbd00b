select
    training.training_id,
    training.employee_id,
    training.site_id,
    training.course,
    training.pre_score,
    training.post_score,
    training.max_score,
    case
        when
            training.pre_score between 0 and training.max_score
            and training.post_score between 0 and training.max_score
            then 100 * (training.post_score - training.pre_score) / nullif(training.max_score, 0)
    end as gain_points,
    -- Nobody owes a course after the last day.
    training.due_date <= cast(timestamp '{{ var("as_of") }}' as date)
    and (employees.leave_date is null or training.due_date <= employees.leave_date) as is_due,
    coalesce(training.completed_date <= training.due_date, false) as is_completed_in_time,
    training.due_date,
    training.completed_date,
    training.completed_at
from {{ ref('stg_hr__training') }} as training
left join {{ ref('stg_hr__employees') }} as employees on training.employee_id = employees.employee_id
