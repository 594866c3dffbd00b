{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        on_schema_change="fail",
        pre_hook="{{ delete_touched('work_date', ref('int_measures__rebuilt_days')) }}",
    )
}}

-- Who stood where on the day: an agent's work counts for the team of that day, wherever it moved since.
with placed as (

    select
        agent_days.subject_id as employee,
        employees.team,
        employees.department,
        agent_days.site_id as site,
        coalesce(employees.vendor, sites.vendor) as vendor,
        'company' as company,
        agent_days.work_date,
        agent_days.measure,
        agent_days.amount
    from {{ ref('int_measures__agent_days') }} as agent_days
    inner join {{ ref('stg_seeds__sites') }} as sites on agent_days.site_id = sites.site_id
    left join {{ ref('dim_employee') }} as employees
        on agent_days.subject_id = employees.employee_id
        and agent_days.work_date >= employees.valid_from
        and (agent_days.work_date < employees.valid_to or employees.valid_to is null)

),

queue_days as (

    select
        site_id as site,
        vendor,
        'company' as company,
        work_date,
        measure,
        amount
    from {{ ref('int_measures__queue_days') }}

),

cascaded as (

    {% for level in ['employee', 'team', 'department', 'site', 'vendor', 'company'] %}
    select '{{ level }}' as subject_type, {{ level }} as subject_id, work_date, measure, amount
    from placed
    {%- if level in ['team', 'department'] %}
    where {{ level }} is not null
    {%- endif %}
    union all
    {% endfor %}
    {%- for level in ['site', 'vendor', 'company'] %}
    select '{{ level }}' as subject_type, {{ level }} as subject_id, work_date, measure, amount
    from queue_days
    {%- if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}

)

select
    subject_type,
    subject_id,
    measure,
    sum(amount) as amount,
    work_date
from cascaded
group by subject_type, subject_id, measure, work_date
