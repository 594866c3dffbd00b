-- What the plan has for the month, leave included (it is time that would have been worked), and what of
-- it an unpaid absence takes. Statutory leave takes nothing, whoever pays for it.
with scheduled as (

    select
        employee_id,
        cast(date_trunc('month', work_date) as date) as period_start,
        sum(scheduled_seconds) as scheduled_seconds
    from {{ ref('fct_schedules') }}
    group by 1, 2

),

unpaid as (

    select
        schedules.employee_id,
        cast(date_trunc('month', schedules.work_date) as date) as period_start,
        sum(
            {{ epoch_seconds('least(schedules.ended_at, coalesce(absences.ended_at, schedules.ended_at))') }}
            - {{ epoch_seconds('greatest(schedules.started_at, absences.started_at)') }}
        ) as unpaid_seconds
    from {{ ref('fct_schedules') }} as schedules
    inner join {{ ref('fct_absences') }} as absences
        on schedules.employee_id = absences.employee_id
        and schedules.ended_at > absences.started_at
        and (schedules.started_at < absences.ended_at or absences.ended_at is null)
    where not coalesce(absences.is_paid, coalesce(absences.kind, '') <> 'unpaid')
        and coalesce(absences.kind, '') not in ({{ literals(var('statutory_absence_kinds')) }})
    group by 1, 2

)

select
    scheduled.employee_id,
    cast(scheduled.scheduled_seconds as bigint) as scheduled_seconds,
    cast(coalesce(unpaid.unpaid_seconds, 0) as bigint) as unpaid_seconds,
    scheduled.period_start
from scheduled
left join unpaid
    on scheduled.employee_id = unpaid.employee_id
    and scheduled.period_start = unpaid.period_start
