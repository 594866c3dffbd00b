{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        on_schema_change="fail",
        pre_hook="{{ delete_touched('work_date', ref('int_measures__rebuilt_days')) }}",
    )
}}

select
    contact_id,
    site_id,
    vendor,
    first_employee_id as employee_id,
    first_agent_login as agent_login,
    outcome,
    reason,
    case when is_repeated then next_contact_id end as repeated_by_contact_id,
    is_shared_number,
    is_final,
    is_repeated,
    is_repeat,
    work_date,
    settled_date,
    started_at
from {{ ref('int_contacts__repeats') }}
where {{ touched_days_only('work_date', 'int_measures__rebuilt_days') }}
order by work_date
