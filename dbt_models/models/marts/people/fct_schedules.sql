-- depends_on: {{ ref('int_people__changed_schedules') }}
select
    employee_id,
    site_id,
    activity,
    scheduled_seconds,
    work_date,
    started_at,
    ended_at
from {{ ref('int_people__schedules') }}
