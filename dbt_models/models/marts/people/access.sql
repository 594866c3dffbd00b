-- As HR says on the day of `as_of`: whoever led a team until yesterday sees it no longer.
with recursive present as (

    select
        employee_id,
        supervisor_id,
        site_id,
        role,
        team,
        vendor
    from {{ ref('int_people__employees') }}
    where valid_from <= cast(timestamp '{{ var("as_of") }}' as date)
        and (valid_to > cast(timestamp '{{ var("as_of") }}' as date) or valid_to is null)

),

-- An e-mail that two people share names neither.
named as (

    select
        lower(trim(email)) as email,
        min(employee_id) as employee_id
    from {{ ref('stg_hr__employees') }}
    where trim(email) <> ''
    group by lower(trim(email))
    having count(*) = 1

),

-- `union` keeps each pair once, so that people who lead one another in a circle end it.
led as (

    select supervisor_id as leader_id, employee_id from present where supervisor_id is not null
    union
    select led.leader_id, present.employee_id
    from led
    inner join present on led.employee_id = present.supervisor_id

),

seen as (

    select employee_id as viewer_id, employee_id, 1 as precedence, 'self' as reason from present
    union all
    select leader_id as viewer_id, employee_id, 2 as precedence, 'supervisor' as reason from led
    union all
    select managers.employee_id as viewer_id, present.employee_id, 3 as precedence, 'site_manager' as reason
    from present as managers
    inner join present on managers.site_id = present.site_id
    where managers.role in ({{ literals(var('site_manager_roles')) }})
    union all
    select managers.employee_id as viewer_id, present.employee_id, 4 as precedence, 'vendor_manager' as reason
    from present as managers
    inner join present on managers.vendor = present.vendor
    where managers.role in ({{ literals(var('vendor_manager_roles')) }})

)

select
    named.email,
    seen.employee_id,
    min(present.team) as team,
    min_by(seen.reason, seen.precedence) as reason
from seen
inner join named on seen.viewer_id = named.employee_id
-- Who leads people without being there any more sees nobody.
inner join present as viewers on seen.viewer_id = viewers.employee_id
inner join present on seen.employee_id = present.employee_id
group by named.email, seen.employee_id
