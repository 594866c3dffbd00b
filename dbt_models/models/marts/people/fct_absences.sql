-- depends_on: {{ ref('int_people__changed_absences') }}
select
    employee_id,
    site_id,
    kind,
    is_paid,
    is_unplanned,
    work_date,
    started_at,
    ended_at
from {{ ref('int_people__absences') }}
