-- Work keeps to the plan while the person works, anything else that is planned while they do not.
with staffed as (

    select distinct site_id, work_date
    from {{ ref('fct_agent_states') }}
    where is_logged_in and {{ touched_days_only('work_date', 'int_measures__rebuilt_days') }}

),

-- Nothing can be said of somebody without a login, or of a site whose telephony told of no states.
observed as (

    select distinct identities.employee_id, staffed.work_date
    from staffed
    inner join {{ ref('dim_identity') }} as identities
        on staffed.site_id = identities.site_id
        and staffed.work_date >= identities.valid_from
        and (staffed.work_date < identities.valid_to or identities.valid_to is null)

),

planned as (

    select pieces.*
    from {{ ref('int_people__attendance') }} as pieces
    inner join observed
        on pieces.employee_id = observed.employee_id and pieces.work_date = observed.work_date
    where pieces.absence_kind is null

),

planned_days as (

    select
        planned.*,
        {{ add_days('cast(planned.started_at as date)', 'cast(later.n as integer)') }} as utc_date
    from planned
    cross join {{ number_series(0, 2) }} as later

),

worked as (

    select
        planned_days.employee_id,
        planned_days.started_at,
        sum(
            {{ epoch_seconds('least(planned_days.ended_at, working.ended_at)') }}
            - {{ epoch_seconds('greatest(planned_days.started_at, working.started_at)') }}
        ) as working_seconds
    from planned_days
    inner join {{ ref('int_people__working') }} as working
        on planned_days.employee_id = working.employee_id
        and planned_days.utc_date = working.utc_date
        and planned_days.started_at < working.ended_at
        and planned_days.ended_at > working.started_at
    group by planned_days.employee_id, planned_days.started_at

)

select
    planned.employee_id,
    planned.site_id,
    planned.work_date,
    sum(planned.planned_seconds) as adherence_seconds,
    sum(
        case
            when planned.activity = 'work' then coalesce(worked.working_seconds, 0)
            else planned.planned_seconds - coalesce(worked.working_seconds, 0)
        end
    ) as adherent_seconds
from planned
left join worked
    on planned.employee_id = worked.employee_id and planned.started_at = worked.started_at
group by planned.employee_id, planned.site_id, planned.work_date
