{#- Spans in which somebody's team, role or place changed since the last publication. -#}
{%- set published_employees = published('dim_employee') -%}
{%- set place = [
    'employee_id', 'supervisor_id', 'site_id', 'full_name', 'role', 'team', 'department', 'vendor',
    'hire_date', 'leave_date', 'valid_from', 'valid_to'
] | join(', ') -%}
{% if not is_incremental_run() %}

select cast(null as date) as changed_from, cast(null as date) as changed_to
where false

{% else %}

with changed as (

    (
        select {{ place }} from {{ ref('int_people__employees') }}
        except
        select {{ place }} from {{ published_employees }}
    )
    union all
    (
        select {{ place }} from {{ published_employees }}
        except
        select {{ place }} from {{ ref('int_people__employees') }}
    )

)

select valid_from as changed_from, coalesce(valid_to, date '9999-12-31') as changed_to
from changed

{% endif %}
