with newest as (

    {{ latest_by_key('hr_assignments', ['employee_id', 'valid_from']) }}

)

select
    employee_id,
    supervisor_id,
    site as site_id,
    role,
    team,
    department,
    vendor,
    shift,
    valid_from,
    valid_to
from newest
