-- Whether the same customer came back. The contact itself must have passed a queue.
with contacts as (

    select *
    from {{ ref('fct_contacts') }}
    where queue_visit_count > 0
        and not is_excluded
        and customer_key is not null
        and {{ touched_days_only('work_date') }}

),

-- A number behind which many people call says nothing about one of them.
shared_numbers as (

    select customer_key, work_date
    from contacts
    group by customer_key, work_date
    having count(*) > {{ var('shared_number_contacts') }}

),

neighbours as (

    select
        contacts.*,
        shared_numbers.customer_key is not null as is_shared_number,
        lead(contacts.started_at) over (
            partition by contacts.customer_key, contacts.reason
            order by contacts.started_at, contacts.contact_id
        ) as next_same_reason_at,
        lead(contacts.contact_id) over (
            partition by contacts.customer_key, contacts.reason
            order by contacts.started_at, contacts.contact_id
        ) as next_contact_id,
        lag(contacts.started_at) over (
            partition by contacts.customer_key
            order by contacts.started_at, contacts.contact_id
        ) as previous_at
    from contacts
    left join shared_numbers
        on contacts.customer_key = shared_numbers.customer_key
        and contacts.work_date = shared_numbers.work_date

)

select
    contact_id,
    site_id,
    vendor,
    first_employee_id,
    first_agent_login,
    outcome,
    is_shared_number,
    started_at <= {{ add_seconds("timestamp '" ~ var('as_of') ~ "'", -86400 * var('repeat_days')) }} as is_final,
    coalesce(
        {{ epoch_seconds('next_same_reason_at') }} - {{ epoch_seconds('started_at') }}
        <= {{ 86400 * var('repeat_days') }}, false
    ) as is_repeated,
    coalesce(
        {{ epoch_seconds('started_at') }} - {{ epoch_seconds('previous_at') }}
        <= {{ 86400 * var('repeat_days') }}, false
    ) as is_repeat,
    next_contact_id,
    reason,
    started_at,
    work_date,
    {{ add_days('work_date', var('repeat_days')) }} as settled_date
from neighbours
where {{ touched_days_only('work_date', 'int_measures__rebuilt_days') }}
    or {{ touched_days_only(add_days('work_date', var('repeat_days')), 'int_measures__rebuilt_days') }}
