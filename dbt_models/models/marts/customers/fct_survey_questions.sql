{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        on_schema_change="fail",
        pre_hook="{{ delete_touched('work_date', ref('int_measures__rebuilt_days')) }}",
    )
}}

with answers as (

    select
        *,
        is_top_answer or promoter_balance = 1 or ease_points >= 5 or is_resolved as is_good,
        (question = 'csat' and answer <= 2)
        or promoter_balance = -1
        or ease_points <= 3
        or not is_resolved as is_bad
    from {{ ref('fct_surveys') }}
    where is_valid and not is_excluded
        and {{ touched_days_only('work_date', 'int_measures__rebuilt_days') }}

)

select
    answers.site_id,
    {{ label('sites') }} as site_label,
    coalesce(employees.vendor, sites.vendor) as vendor,
    employees.team,
    answers.question,
    count(*) as answer_count,
    cast({{ count_where('answers.is_good') }} as bigint) as good_count,
    cast({{ count_where('answers.is_bad') }} as bigint) as bad_count,
    answers.work_date
from answers
inner join {{ ref('stg_seeds__sites') }} as sites on answers.site_id = sites.site_id
left join {{ ref('dim_employee') }} as employees
    on answers.employee_id = employees.employee_id
    and answers.work_date >= employees.valid_from
    and (answers.work_date < employees.valid_to or employees.valid_to is null)
group by
    answers.site_id,
    {{ label('sites') }},
    coalesce(employees.vendor, sites.vendor),
    employees.team,
    answers.question,
    answers.work_date
