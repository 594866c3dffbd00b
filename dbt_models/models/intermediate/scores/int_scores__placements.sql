-- Where a subject stood in a period, cut where the role, the team or the site changed.
with subjects as (

    select
        subjects.subject_type,
        subjects.subject_id,
        subjects.period_type,
        subjects.period_start,
        subjects.site_id,
        {{ add_days('periods.reference_date', 1) }} as counted_to
    from {{ ref('int_kpis__subjects') }} as subjects
    inner join {{ ref('int_kpis__periods') }} as periods
        on subjects.period_type = periods.period_type
        and subjects.period_start = periods.period_start

),

assigned as (

    select
        subjects.subject_type,
        subjects.subject_id,
        subjects.period_type,
        subjects.period_start,
        employees.role,
        employees.team,
        employees.department,
        employees.site_id,
        employees.vendor,
        employees.hire_date,
        greatest(
            employees.valid_from, coalesce(employees.hire_date, employees.valid_from), subjects.period_start
        ) as placed_from,
        least(coalesce(employees.valid_to, subjects.counted_to), subjects.counted_to) as placed_to
    from subjects
    inner join {{ ref('dim_employee') }} as employees
        on subjects.subject_type = 'employee'
        and subjects.subject_id = employees.employee_id

),

described as (

    select
        *,
        coalesce(role, '') || '|' || coalesce(team, '') || '|' || coalesce(site_id, '') as placement
    from assigned
    where placed_from < placed_to

),

compared as (

    select
        *,
        case when lag(placed_to) over stays = placed_from and lag(placement) over stays = placement then 0
            else 1
        end as is_new
    from described
    window stays as (partition by subject_type, subject_id, period_type, period_start order by placed_from)

),

numbered as (

    select
        *,
        sum(is_new) over (
            partition by subject_type, subject_id, period_type, period_start
            order by placed_from
            rows between unbounded preceding and current row
        ) as placement_number
    from compared

)

select
    subject_type,
    subject_id,
    period_type,
    max(role) as role,
    max(team) as team,
    max(department) as department,
    max(site_id) as site_id,
    max(vendor) as vendor,
    period_start,
    max(hire_date) as hire_date,
    min(placed_from) as placed_from,
    max(placed_to) as placed_to
from numbered
group by subject_type, subject_id, period_type, period_start, placement_number
union all
select
    subject_type,
    subject_id,
    period_type,
    cast(null as varchar) as role,
    cast(null as varchar) as team,
    cast(null as varchar) as department,
    site_id,
    cast(null as varchar) as vendor,
    period_start,
    cast(null as date) as hire_date,
    period_start as placed_from,
    counted_to as placed_to
from subjects
where subject_type <> 'employee' and period_start < counted_to
