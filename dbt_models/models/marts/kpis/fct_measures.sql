{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        on_schema_change="fail",
        pre_hook="{{ delete_touched('work_date', ref('int_measures__rebuilt_days')) }}",
    )
}}
{#- Each gives a person's figures of a day: subject_id, site_id, work_date, measure, amount. -#}
{%- set person_days = [
    'int_measures__agent_days', 'int_measures__survey_days', 'int_measures__quality_days',
    'int_measures__ticket_days', 'int_people__measures'
] %}
{#- Each gives a site's figures of a day: site_id, vendor, work_date, measure, amount. -#}
{%- set site_days = ['int_measures__queue_days', 'int_measures__retention_days'] %}

with person_days as (

    {%- for model in person_days %}
    select subject_id, site_id, work_date, measure, amount from {{ ref(model) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

-- Who stood where on the day: an agent's work counts for the team of that day, wherever it moved since.
placed as (

    select
        person_days.subject_id as employee,
        employees.team,
        employees.department,
        person_days.site_id as site,
        coalesce(employees.vendor, sites.vendor) as vendor,
        'company' as company,
        person_days.work_date,
        person_days.measure,
        person_days.amount
    from person_days
    inner join {{ ref('stg_seeds__sites') }} as sites on person_days.site_id = sites.site_id
    left join {{ ref('dim_employee') }} as employees
        on person_days.subject_id = employees.employee_id
        and person_days.work_date >= employees.valid_from
        and (person_days.work_date < employees.valid_to or employees.valid_to is null)

),

site_days as (

    {%- for model in site_days %}
    select site_id as site, vendor, 'company' as company, work_date, measure, amount
    from {{ ref(model) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

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
    from site_days
    {%- if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}

)

select
    subject_type,
    subject_id,
    measure,
    {{ exact_sum('amount') }} as amount,
    work_date
from cascaded
group by subject_type, subject_id, measure, work_date
order by work_date
