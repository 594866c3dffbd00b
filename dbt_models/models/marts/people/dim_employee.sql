-- depends_on: {{ ref('int_people__changed_days') }}
select
    employee_id,
    supervisor_id,
    site_id,
    full_name,
    role,
    team,
    department,
    vendor,
    shift,
    employment_share,
    hire_date,
    leave_date,
    valid_from,
    valid_to
from {{ ref('int_people__employees') }}
