-- Each scheduled activity with the shift that it belongs to. Leave is no part of a shift.
with activities as (

    select
        *,
        activity = 'leave' as is_leave
    from {{ ref('stg_hr__schedules') }}
    where ends_at > starts_at

),

ordered as (

    select
        *,
        max(ends_at) over (
            partition by employee_id, is_leave
            order by starts_at, ends_at
            rows between unbounded preceding and 1 preceding
        ) as previous_ends_at
    from activities

),

numbered as (

    select
        *,
        sum(case
            when
                previous_ends_at is null
                or starts_at > {{ add_seconds('previous_ends_at', var('shift_gap_minutes') * 60) }}
                then 1
            else 0
        end) over (
            partition by employee_id, is_leave order by starts_at, ends_at rows unbounded preceding
        ) as shift_number
    from ordered

)

select
    employee_id,
    site_id,
    min(site_id) over (partition by employee_id, is_leave, shift_number) as shift_site_id,
    activity,
    shift_number,
    is_leave,
    min(starts_at) over (partition by employee_id, is_leave, shift_number) as shift_started_at,
    starts_at,
    ends_at
from numbered
