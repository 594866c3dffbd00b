-- Of two absences at once the later one counts: who falls ill on holiday is ill from then on. Statutory
-- leave counts before any other.
with absences as (

    select
        employee_id,
        site_id,
        kind,
        is_paid,
        starts_at,
        -- Nobody knows yet how long an open one lasts.
        coalesce(ends_at, timestamp '9999-12-31 00:00:00') as ends_at
    from {{ ref('stg_hr__absences') }}
    where ends_at is null or ends_at > starts_at

),

{{ flatten_spans(
    'absences',
    ['site_id', 'kind', 'is_paid'],
    'case when kind in (' ~ literals(var('statutory_absence_kinds')) ~ ') then 0 else 1 end, '
    ~ 'starts_at desc, ends_at, kind'
) }}

select
    flat.employee_id,
    flat.site_id,
    flat.kind,
    flat.is_paid,
    flat.kind in ({{ literals(var('unplanned_absence_kinds')) }}) as is_unplanned,
    cast({{ to_local('flat.started_at', 'sites.time_zone') }} as date) as work_date,
    flat.started_at,
    nullif(flat.ended_at, timestamp '9999-12-31 00:00:00') as ended_at
from flat
inner join {{ ref('stg_seeds__sites') }} as sites on flat.site_id = sites.site_id
