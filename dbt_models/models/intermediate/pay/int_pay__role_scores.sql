-- Whoever changed role has a score for each of them: that of the parts of the month in the role.
select
    subject_id as employee_id,
    role,
    {{ exact_sum('points') }} / nullif({{ exact_sum('effective_weight') }}, 0) as score,
    count(*) over (partition by subject_id, period_start) as role_count,
    period_start
from {{ ref('score_parts') }}
where subject_type = 'employee' and period_type = 'month' and points is not null
group by subject_id, role, period_start
