{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        on_schema_change="fail",
        pre_hook="{{ delete_touched('work_date', ref('int_measures__rebuilt_days')) }}",
    )
}}

with contacts as (

    select
        *,
        outcome = 'answered' and is_final and not is_shared_number as is_counted
    from {{ ref('fct_contact_repeats') }}
    where {{ touched_days_only('work_date', 'int_measures__rebuilt_days') }}

)

select
    contacts.site_id,
    {{ label('sites') }} as site_label,
    coalesce(employees.vendor, contacts.vendor) as vendor,
    employees.team,
    contacts.reason,
    count(*) as contact_count,
    cast({{ count_where('contacts.is_counted') }} as bigint) as fcr_count,
    cast({{ count_where('contacts.is_counted and not contacts.is_repeated') }} as bigint) as resolved_count,
    contacts.work_date
from contacts
inner join {{ ref('stg_seeds__sites') }} as sites on contacts.site_id = sites.site_id
left join {{ ref('dim_employee') }} as employees
    on contacts.employee_id = employees.employee_id
    and contacts.work_date >= employees.valid_from
    and (contacts.work_date < employees.valid_to or employees.valid_to is null)
group by
    contacts.site_id,
    {{ label('sites') }},
    coalesce(employees.vendor, contacts.vendor),
    employees.team,
    contacts.reason,
    contacts.work_date
