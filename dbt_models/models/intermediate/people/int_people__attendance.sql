-- Planned time up to `as_of`, cut at the edges of absences: a piece is absent, or to be worked.
with planned as (

    select
        employee_id,
        site_id,
        activity,
        work_date,
        started_at,
        least(ended_at, timestamp '{{ var("as_of") }}') as ended_at
    from {{ ref('fct_schedules') }}
    where activity <> 'leave'
        and started_at < timestamp '{{ var("as_of") }}'
        and work_date <= cast(timestamp '{{ var("as_of") }}' as date)
        and {{ touched_days_only('work_date', 'int_measures__rebuilt_days') }}

),

absent as (

    select
        planned.*,
        absences.kind as absence_kind,
        absences.is_unplanned,
        greatest(planned.started_at, absences.started_at) as absent_from,
        least(planned.ended_at, absences.ended_at) as absent_to
    from planned
    inner join {{ ref('fct_absences') }} as absences
        on planned.employee_id = absences.employee_id
        and planned.ended_at > absences.started_at
        and (planned.started_at < absences.ended_at or absences.ended_at is null)

),

-- To be worked is what follows the start and each absence, until the next of them or the end.
starts as (

    select *, started_at as previous_from, started_at as present_from from planned
    union all
    select
        employee_id,
        site_id,
        activity,
        work_date,
        started_at,
        ended_at,
        absent_from as previous_from,
        absent_to as present_from
    from absent

),

present as (

    select
        *,
        coalesce(
            lead(previous_from) over (
                partition by employee_id, started_at order by previous_from, present_from
            ),
            ended_at
        ) as present_to
    from starts

)

select
    employee_id,
    site_id,
    activity,
    cast(null as {{ dbt.type_string() }}) as absence_kind,
    false as is_unplanned,
    {{ epoch_seconds('present_to') }} - {{ epoch_seconds('present_from') }} as planned_seconds,
    work_date,
    present_from as started_at,
    present_to as ended_at
from present
where present_to > present_from
union all
select
    employee_id,
    site_id,
    activity,
    absence_kind,
    is_unplanned,
    {{ epoch_seconds('absent_to') }} - {{ epoch_seconds('absent_from') }} as planned_seconds,
    work_date,
    absent_from as started_at,
    absent_to as ended_at
from absent
