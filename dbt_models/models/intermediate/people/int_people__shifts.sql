with shifts as (

    select
        employee_id,
        min(site_id) as site_id,
        min(starts_at) as started_at,
        max(ends_at) as ended_at
    from {{ ref('int_people__activities') }}
    where not is_leave
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
