-- An employee without an assignment stays visible, in no team, from the day of hire; somebody whom
-- only the assignments know counts for the team all the same.
with everybody as (

    select employee_id from {{ ref('stg_hr__employees') }}
    union
    select employee_id from {{ ref('stg_hr__assignments') }}

),

placed as (

    select
        everybody.employee_id,
        assignments.supervisor_id,
        assignments.site_id,
        employees.full_name,
        assignments.role,
        assignments.team,
        assignments.department,
        assignments.vendor,
        assignments.shift,
        employees.employment_share,
        employees.hire_date,
        employees.leave_date,
        coalesce(assignments.valid_from, employees.hire_date, date '1970-01-01') as valid_from,
        assignments.valid_to
    from everybody
    left join {{ ref('stg_hr__employees') }} as employees
        on everybody.employee_id = employees.employee_id
    left join {{ ref('stg_hr__assignments') }} as assignments
        on everybody.employee_id = assignments.employee_id

)

select
    placed.employee_id,
    placed.supervisor_id,
    placed.site_id,
    placed.full_name,
    placed.role,
    placed.team,
    placed.department,
    coalesce(placed.vendor, sites.vendor) as vendor,
    placed.shift,
    placed.employment_share,
    placed.hire_date,
    placed.leave_date,
    placed.valid_from,
    -- Whoever left is in no team any more; an assignment that begins later tells of a return.
    case
        when placed.leave_date >= placed.valid_from
            then least(placed.valid_to, {{ add_days('placed.leave_date', 1) }})
        else placed.valid_to
    end as valid_to
from placed
left join {{ ref('stg_seeds__sites') }} as sites on placed.site_id = sites.site_id
