-- An employee without an assignment stays visible, in no team, from the day of hire.
select
    employees.employee_id,
    assignments.supervisor_id,
    assignments.site_id,
    employees.full_name,
    assignments.role,
    assignments.team,
    assignments.department,
    coalesce(assignments.vendor, sites.vendor) as vendor,
    assignments.shift,
    employees.employment_share,
    employees.hire_date,
    employees.leave_date,
    coalesce(assignments.valid_from, employees.hire_date, date '1970-01-01') as valid_from,
    assignments.valid_to
from {{ ref('stg_hr__employees') }} as employees
left join {{ ref('stg_hr__assignments') }} as assignments
    on employees.employee_id = assignments.employee_id
left join {{ ref('stg_seeds__sites') }} as sites on assignments.site_id = sites.site_id
