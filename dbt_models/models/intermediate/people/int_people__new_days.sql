{#- Days on which people are counted for the first time, or no longer. -#}
{%- set measures = published('fct_measures') -%}
with counted as (

    select distinct calendar.work_date
    from {{ ref('int_people__calendar') }} as calendar
    inner join {{ ref('int_people__employees') }} as employees
        on calendar.work_date >= employees.valid_from
        and (calendar.work_date < employees.valid_to or employees.valid_to is null)

)
{% if not is_incremental_run() %}
select work_date from counted
{%- else %}
,

published as (

    select distinct work_date
    from {{ measures }}
    where measure = 'headcount_days' and subject_type = 'company'

)

(select work_date from counted except select work_date from published)
union all
(select work_date from published except select work_date from counted)
{%- endif %}
