with activities as (

    select employee_id, site_id, starts_at, ends_at
    from {{ ref('stg_hr__schedules') }}
    where activity <> 'leave'

),

ordered as (

    select
        *,
        max(ends_at) over (
            partition by employee_id
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
            partition by employee_id order by starts_at, ends_at rows unbounded preceding
        ) as shift_number
    from ordered

),

shifts as (

    select
        employee_id,
        min(site_id) as site_id,
        min(starts_at) as started_at,
        max(ends_at) as ended_at
    from numbered
    group by employee_id, shift_number

)

select
    shifts.employee_id,
    shifts.site_id,
    shifts.started_at,
    shifts.ended_at,
    cast({{ to_local('shifts.started_at', 'sites.time_zone') }} as date) as work_date,
    cast({{ to_local('shifts.ended_at', 'sites.time_zone') }} as date) as end_date
from shifts
inner join {{ ref('stg_seeds__sites') }} as sites on shifts.site_id = sites.site_id
