-- A correction that is dated back need not close the older row: the one that begins later counts, and
-- the other again when that ends. One that ends where it begins was taken back.
with newest as (

    {{ latest_by_key('hr_assignments', ['employee_id', 'valid_from']) }}

),

validities as (

    select
        *,
        valid_from as starts_at,
        coalesce(valid_to, date '9999-12-31') as ends_at
    from newest
    where valid_to is null or valid_to > valid_from

),

{{ flatten_spans(
    'validities',
    ['supervisor_id', 'site', 'role', 'team', 'department', 'vendor', 'shift', 'valid_from'],
    'starts_at desc'
) }}

select
    employee_id,
    supervisor_id,
    site as site_id,
    role,
    team,
    department,
    vendor,
    shift,
    started_at as valid_from,
    nullif(ended_at, date '9999-12-31') as valid_to
from flat
