-- What each person's first responses and solves amount to, by the day on which they happened.
with responses as (

    select
        {{ agent_subject('responder_employee_id', 'responder_login') }} as subject_id,
        site_id,
        first_response_date as work_date,
        count(first_response_seconds) as responded_tickets,
        sum(first_response_seconds) as first_response_seconds,
        count(first_response_business_seconds) as business_responded_tickets,
        sum(first_response_business_seconds) as first_response_business_seconds
    from {{ ref('fct_tickets') }}
    where not is_deleted
        and first_response_at is not null
        and {{ touched_days_only('first_response_date', 'int_measures__rebuilt_days') }}
    group by 1, 2, 3

),

solves as (

    select
        {{ agent_subject('employee_id', 'agent_login') }} as subject_id,
        site_id,
        work_date,
        count(is_reopened) as solved_cycles,
        {{ count_where('is_reopened') }} as reopened_cycles
    from {{ ref('fct_ticket_cycles') }}
    where not is_deleted and {{ touched_days_only('work_date', 'int_measures__rebuilt_days') }}
    group by 1, 2, 3

),

-- How long it took is known only where the time of the solve is, and the work was done here.
resolutions as (

    select
        {{ agent_subject('employee_id', 'agent_login') }} as subject_id,
        site_id,
        work_date,
        count(resolution_seconds) as resolved_cycles,
        sum(resolution_seconds) as resolution_seconds,
        count(resolution_business_seconds) as business_resolved_cycles,
        sum(resolution_business_seconds) as resolution_business_seconds
    from {{ ref('fct_ticket_cycles') }}
    where not is_deleted
        and not is_estimated
        and is_worked
        and {{ touched_days_only('work_date', 'int_measures__rebuilt_days') }}
    group by 1, 2, 3

)

{{ long_measures({
    'responses': [
        'responded_tickets', 'first_response_seconds',
        'business_responded_tickets', 'first_response_business_seconds'
    ],
    'solves': ['solved_cycles', 'reopened_cycles'],
    'resolutions': [
        'resolved_cycles', 'resolution_seconds', 'business_resolved_cycles', 'resolution_business_seconds'
    ],
}, 'subject_id, site_id, work_date') }}
