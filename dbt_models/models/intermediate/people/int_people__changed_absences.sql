-- depends_on: {{ ref('int_people__schedules') }}
{#- Scheduled days that an absence covers which came, went or changed since the last publication. -#}
{%- set before = published('fct_absences') -%}
{%- set fresh = ref('int_people__absences') -%}
{%- if not is_incremental_run() or before is none %}

select distinct work_date from {{ fresh }}

{%- else %}

with changed as (

    (select * from {{ fresh }} except select * from {{ before }})
    union all
    (select * from {{ before }} except select * from {{ fresh }})

),

spans as (

    select
        {{ add_days('work_date', -1) }} as changed_from,
        coalesce({{ add_days('cast(ended_at as date)', 1) }}, date '9999-12-31') as changed_to
    from changed

)

select distinct days.work_date
from (select distinct work_date from {{ ref('int_people__schedules') }}) as days
inner join spans
    on days.work_date >= spans.changed_from
    and days.work_date <= spans.changed_to

{%- endif %}
