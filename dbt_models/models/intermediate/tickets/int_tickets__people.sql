-- Who a ticket system's user was at an instant, and the work day of what they did then: by the login
-- that HR names (the address or the user's own id), else by the address, else by the external id.
with acts as (

    select 'zendesk' as source, site_id, user_id, responded_at as acted_at
    from {{ ref('int_tickets__first_responses') }}
    union
    select source, site_id, assignee_id as user_id, solved_at as acted_at
    from {{ ref('int_tickets__resolutions') }}
    where assignee_id is not null
    union
    select source, site_id, assignee_id as user_id, updated_at as acted_at
    from {{ ref('int_tickets__standing') }}
    where assignee_id is not null

),

-- An address that two people share names neither.
addresses as (

    select lower(email) as email, min(employee_id) as employee_id
    from {{ ref('stg_hr__employees') }}
    where email is not null
    group by lower(email)
    having count(*) = 1

),

dated as (

    select
        acts.*,
        users.email,
        users.external_id,
        cast({{ to_local('acts.acted_at', 'sites.time_zone') }} as date) as local_date
    from acts
    inner join {{ ref('stg_seeds__sites') }} as sites on acts.site_id = sites.site_id
    left join {{ ref('stg_zendesk__users') }} as users
        on acts.source = 'zendesk' and acts.site_id = users.site_id and acts.user_id = users.user_id

),

-- One name a row, so that logins are looked up and not compared with each other.
named as (

    select dated.*, dated.email as login from dated
    union all
    select dated.*, lower(dated.user_id) as login from dated

),

known as (

    select
        dated.*,
        coalesce(identities.employee_id, addresses.employee_id, employees.employee_id) as employee_id
    from named as dated
    left join {{ ref('dim_identity') }} as identities
        on dated.site_id = identities.site_id
        and dated.login = lower(identities.agent_login)
        and dated.local_date >= identities.valid_from
        and (dated.local_date < identities.valid_to or identities.valid_to is null)
    left join addresses on dated.email = addresses.email
    left join {{ ref('stg_hr__employees') }} as employees on dated.external_id = employees.employee_id
    qualify row_number() over (
            partition by dated.source, dated.site_id, dated.user_id, dated.acted_at
            order by
                case when lower(identities.agent_login) = dated.email then 0 else 1 end,
                identities.agent_login nulls last,
                identities.employee_id
        ) = 1

)

select
    known.source,
    known.site_id,
    known.user_id,
    known.source || '/' || known.user_id as agent_login,
    known.employee_id,
    coalesce(night_shifts.work_date, known.local_date) as work_date,
    known.acted_at
from known
left join {{ ref('fct_shifts') }} as night_shifts
    on night_shifts.is_night_shift
    and known.employee_id = night_shifts.employee_id
    and known.acted_at >= night_shifts.started_at
    and known.acted_at < night_shifts.ended_at
