-- Each subject of a period under the name and in the place that it had last in it.
with assignments as (

    select
        periods.period_type,
        periods.period_start,
        periods.is_measured,
        employees.*,
        row_number() over (
            partition by periods.period_type, periods.period_start, employees.employee_id
            order by employees.valid_from desc
        ) as recency
    from {{ ref('int_kpis__periods') }} as periods
    inner join {{ ref('dim_employee') }} as employees
        on employees.valid_from <= periods.reference_date
        and (employees.valid_to > periods.period_start or employees.valid_to is null)

),

-- Who did nothing that can be measured is missing from no month's list.
subjects as (

    select subject_type, subject_id, period_type, period_start
    from {{ ref('int_kpis__values') }}
    union
    select 'employee' as subject_type, employee_id as subject_id, period_type, period_start
    from assignments
    where period_type in ('month', 'quarter') and is_measured and role is not null

),

-- A team or department stands at a site or vendor only when all of its people do.
groups as (

    {%- for level in ['team', 'department'] %}
    select
        '{{ level }}' as subject_type,
        {{ level }} as subject_id,
        period_type,
        period_start,
        case when min(site_id) = max(site_id) then max(site_id) end as site_id,
        case when min(vendor) = max(vendor) then max(vendor) end as vendor,
        case when min(department) = max(department) then max(department) end as department
    from assignments
    where {{ level }} is not null
    group by 2, 3, 4
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

placed as (

    select
        subjects.subject_type,
        subjects.subject_id,
        subjects.period_type,
        subjects.period_start,
        employees.full_name,
        employees.role,
        case
            when subjects.subject_type = 'site' then subjects.subject_id
            when subjects.subject_id like 'login:%' then split_part(subjects.subject_id, ':', 2)
            else coalesce(employees.site_id, groups.site_id)
        end as site_id,
        case
            when subjects.subject_type = 'vendor' then subjects.subject_id
            else coalesce(employees.vendor, groups.vendor)
        end as vendor,
        case
            when subjects.subject_type = 'department' then subjects.subject_id
            else coalesce(employees.department, groups.department)
        end as department,
        case
            when subjects.subject_type = 'team' then subjects.subject_id
            else employees.team
        end as team,
        employees.hire_date
    from subjects
    left join assignments as employees
        on subjects.subject_type = 'employee'
        and subjects.subject_id = employees.employee_id
        and subjects.period_type = employees.period_type
        and subjects.period_start = employees.period_start
        and employees.recency = 1
    left join groups
        on subjects.subject_type = groups.subject_type
        and subjects.subject_id = groups.subject_id
        and subjects.period_type = groups.period_type
        and subjects.period_start = groups.period_start

)

select
    placed.subject_type,
    placed.subject_id,
    placed.period_type,
    case
        when placed.subject_type = 'company' then {{ in_locale("'Whole company'", "'全公司'") }}
        when placed.subject_type = 'site' then {{ label('sites') }}
        when placed.subject_type = 'vendor' and placed.subject_id = 'in_house'
            then {{ in_locale("'In-house'", "'自营'") }}
        when placed.subject_id like 'login:%'
            then {{ in_locale("'Unattributed '", "'无归属 '") }}
                || split_part(placed.subject_id, ':', 3) || ' (' || {{ label('sites') }} || ')'
        else coalesce(placed.full_name, placed.subject_id)
    end as subject_label,
    placed.role,
    placed.site_id,
    {{ label('sites') }} as site_label,
    case
        when placed.subject_type = 'site' or placed.subject_id like 'login:%' then sites.vendor
        else placed.vendor
    end as vendor,
    placed.department,
    placed.team,
    placed.hire_date,
    placed.period_start
from placed
left join {{ ref('stg_seeds__sites') }} as sites on placed.site_id = sites.site_id
