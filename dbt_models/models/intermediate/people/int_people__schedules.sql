-- The plan as one line of time: a break inside a shift, or whatever else starts later, has its minutes
-- alone, and leave has them from everything.
with {{ flatten_spans(
    ref('int_people__activities'),
    ['site_id', 'shift_site_id', 'activity', 'is_leave', 'shift_started_at'],
    'is_leave desc, starts_at desc, ends_at, activity'
) }}

select
    flat.employee_id,
    flat.site_id,
    flat.activity,
    {{ epoch_seconds('flat.ended_at') }} - {{ epoch_seconds('flat.started_at') }} as scheduled_seconds,
    cast({{ to_local(
        'case when flat.is_leave then flat.started_at else flat.shift_started_at end', 'sites.time_zone'
    ) }} as date) as work_date,
    flat.started_at,
    flat.ended_at
from flat
inner join {{ ref('stg_seeds__sites') }} as sites on flat.shift_site_id = sites.site_id
