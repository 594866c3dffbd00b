-- Who was there on each day. A leaver's last day is the last one that an assignment covers; nobody
-- leaves by being promoted or moved.
with employed as (

    select
        employees.employee_id,
        coalesce(employees.site_id, known.site_id) as site_id,
        employees.leave_date,
        employees.valid_to,
        max(case when employees.valid_from <= employees.leave_date then employees.valid_from end) over (
            partition by employees.employee_id
        ) as last_valid_from,
        employees.valid_from
    from {{ ref('dim_employee') }} as employees
    left join {{ ref('stg_hr__employees') }} as known
        on employees.employee_id = known.employee_id

)

select
    employed.employee_id,
    coalesce(employed.site_id, 'default') as site_id,
    calendar.work_date,
    1 as headcount_days,
    -- Leavers / mean headcount, annualised = leavers × 365 / days of headcount.
    case
        when
            employed.valid_from = employed.last_valid_from
            and calendar.work_date = {{ add_days('employed.valid_to', -1) }}
            then 365
        else 0
    end as leaver_days
from employed
inner join {{ ref('int_people__calendar') }} as calendar
    on calendar.work_date >= employed.valid_from
    and (calendar.work_date < employed.valid_to or employed.valid_to is null)
where {{ touched_days_only('calendar.work_date', 'int_measures__rebuilt_days') }}
