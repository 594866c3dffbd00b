-- When each person worked, whichever and how many logins they used: on a call, logged in and not
-- paused, or in after-call work. Cut at midnight UTC, so that plans are matched a day at a time.
with working as (

    select
        employee_id,
        started_at,
        ended_at,
        cast(started_at as date) as start_date,
        cast(ended_at as date) as end_date
    from {{ ref('fct_agent_states') }}
    where employee_id is not null
        and ended_at > started_at
        and (
            state = 'on_call'
            or (is_logged_in and state = 'available')
            or (is_logged_in and lower(reason) in ({{ literals(var('wrap_pause_reasons')) }}))
        )
        and {{ touched_days_only('work_date') }}

),

-- A state ends at its local midnight at the latest, so it passes one midnight UTC at most.
cut as (

    select
        employee_id,
        start_date as utc_date,
        started_at,
        least(ended_at, cast({{ add_days('start_date', 1) }} as timestamp)) as ended_at
    from working
    union all
    select employee_id, end_date as utc_date, cast(end_date as timestamp) as started_at, ended_at
    from working
    where end_date > start_date and ended_at > cast(end_date as timestamp)

),

ordered as (

    select
        *,
        max(ended_at) over (
            partition by employee_id, utc_date
            order by started_at, ended_at
            rows between unbounded preceding and 1 preceding
        ) as previous_ended_at
    from cut

),

numbered as (

    select
        *,
        sum(case when previous_ended_at is null or started_at > previous_ended_at then 1 else 0 end) over (
            partition by employee_id, utc_date order by started_at, ended_at rows unbounded preceding
        ) as span_number
    from ordered

)

select
    employee_id,
    utc_date,
    min(started_at) as started_at,
    max(ended_at) as ended_at
from numbered
group by employee_id, utc_date, span_number
