-- A month in parts: the days in one role and under one plan, and in one team where its score counts.
-- Days without a role or a plan are counted as employed and earn nothing.
with days as (

    select
        employees.employee_id,
        employees.role,
        employees.team,
        employees.site_id,
        months.period_start,
        {{ add_days('months.period_start', 'cast(numbers.n as integer)') }} as work_date
    from {{ ref('int_pay__months') }} as months
    inner join {{ ref('dim_employee') }} as employees
        on employees.valid_from < months.period_end
        and (employees.valid_to > months.period_start or employees.valid_to is null)
    inner join {{ number_series(0, 30) }} as numbers on numbers.n < months.month_days
    where {{ add_days('months.period_start', 'cast(numbers.n as integer)') }}
        >= greatest(employees.valid_from, coalesce(employees.hire_date, employees.valid_from))
        and (
            {{ add_days('months.period_start', 'cast(numbers.n as integer)') }} < employees.valid_to
            or employees.valid_to is null
        )

),

-- A plan of the role itself stands before one for all roles.
planned as (

    select
        days.*,
        plans.plan,
        plans.role as plan_role,
        plans.valid_from as plan_valid_from,
        case when try_cast(plans.team_share as double) > 0 then days.team end as counted_team,
        row_number() over (
            partition by days.employee_id, days.work_date
            order by case when plans.role = '*' then 1 else 0 end asc, plans.valid_from desc, plans.plan asc
        ) as fit
    from days
    left join {{ ref('pay_plans') }} as plans
        on plans.role in (days.role, '*')
        and days.role is not null
        and plans.valid_from <= days.work_date
        and (plans.valid_to > days.work_date or plans.valid_to is null)

),

parts as (

    select
        employee_id,
        role,
        plan,
        plan_role,
        counted_team,
        max_by(team, work_date) as team,
        max_by(site_id, work_date) as site_id,
        count(*) as days,
        period_start,
        plan_valid_from,
        min(work_date) as part_start,
        {{ add_days('max(work_date)', 1) }} as part_end
    from planned
    where fit = 1
    group by employee_id, role, plan, plan_role, counted_team, period_start, plan_valid_from

)

select
    employee_id,
    role,
    plan,
    plan_role,
    counted_team,
    team,
    site_id,
    row_number() over (
        partition by employee_id, period_start order by part_start, role, plan, counted_team
    ) as part_number,
    days,
    sum(days) over (partition by employee_id, period_start) as employed_days,
    period_start,
    plan_valid_from,
    part_start,
    part_end
from parts
