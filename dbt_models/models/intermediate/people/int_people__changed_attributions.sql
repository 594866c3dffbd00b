{#- Who held a login when, and to which day a night shift belongs: both may be corrected months later. -#}
{%- set identities = published('dim_identity') -%}
{%- set shifts = published('fct_shifts') -%}
{%- set identity = 'site_id, agent_login, employee_id, valid_from, valid_to' -%}
{%- set night = 'employee_id, started_at, ended_at, work_date' -%}
{% if not is_incremental_run() %}

select
    cast(null as {{ dbt.type_string() }}) as site_id,
    cast(null as {{ dbt.type_string() }}) as agent_login,
    cast(null as timestamp) as changed_from,
    cast(null as timestamp) as changed_to
where false

{% else %}

with identities as (

    (
        select {{ identity }} from {{ ref('int_people__identities') }}
        except
        select {{ identity }} from {{ identities }}
    )
    union all
    (
        select {{ identity }} from {{ identities }}
        except
        select {{ identity }} from {{ ref('int_people__identities') }}
    )

),

night_shifts as (

    (
        select {{ night }} from {{ ref('int_people__shifts') }} where end_date > work_date
        except
        select {{ night }} from {{ shifts }}
    )
    union all
    (
        select {{ night }} from {{ shifts }} where is_night_shift
        except
        select {{ night }} from {{ ref('int_people__shifts') }}
    )

)

-- A day on either side, since validities are local dates.
select
    site_id,
    agent_login,
    cast({{ add_days('valid_from', -1) }} as timestamp) as changed_from,
    cast(coalesce({{ add_days('valid_to', 1) }}, date '9999-12-31') as timestamp) as changed_to
from identities
union all
select
    holders.site_id,
    holders.agent_login,
    night_shifts.started_at as changed_from,
    night_shifts.ended_at as changed_to
from night_shifts
inner join {{ ref('int_people__identities') }} as holders
    on night_shifts.employee_id = holders.employee_id

{% endif %}
