-- Contacts that say nothing about people: in an incident, or by a rule of the organisation.
with visits as (

    select contact_id, site_id, queue_id, enqueued_at from {{ ref('int_contacts__visits') }}

),

-- An incident meets a contact that entered a queue in its time, or began then outside any queue.
moments as (

    select contact_id, site_id, queue_id, enqueued_at as met_at from visits
    union all
    select
        calls.contact_id,
        calls.site_id,
        cast(null as {{ dbt.type_string() }}) as queue_id,
        calls.started_at as met_at
    from {{ ref('int_contacts__calls') }} as calls
    left join visits on calls.contact_id = visits.contact_id
    where visits.contact_id is null

),

in_incidents as (

    select
        moments.contact_id,
        'incident' as exclusion_reason,
        incidents.incident_id,
        1 as priority
    from moments
    inner join {{ ref('stg_operations__incidents') }} as incidents
        on moments.met_at >= incidents.started_at
        and moments.met_at < coalesce(incidents.ended_at, timestamp '9999-12-31')
        and coalesce(incidents.site_id, moments.site_id) = moments.site_id
        and (incidents.queue_id is null or incidents.queue_id = moments.queue_id)

),

seen as (

    select contact_id, site_id, 'queue_id' as field, queue_id as seen_value from visits
    union all
    select contact_id, site_id, 'agent_login' as field, agent_login as seen_value
    from {{ ref('int_contacts__legs') }}
    union all
    select contact_id, site_id, 'caller_extension' as field, caller_extension as seen_value
    from {{ ref('int_contacts__calls') }}
    union all
    select contact_id, site_id, 'direction' as field, direction as seen_value
    from {{ ref('int_contacts__calls') }}

),

by_rule as (

    select
        seen.contact_id,
        rules.reason as exclusion_reason,
        cast(null as {{ dbt.type_string() }}) as incident_id,
        case when rules.reason = 'test' then 2 else 3 end as priority
    from seen
    inner join {{ ref('exclusion_rules') }} as rules
        on seen.field = rules.field
        and seen.seen_value like rules.pattern
        and rules.site_id in (seen.site_id, '*')

),

found as (

    select contact_id, exclusion_reason, incident_id, priority from in_incidents
    union all
    select contact_id, exclusion_reason, incident_id, priority from by_rule

),

ranked as (

    select
        *,
        row_number() over (
            partition by contact_id order by priority, exclusion_reason, incident_id
        ) as place
    from found

)

select contact_id, exclusion_reason, incident_id
from ranked
where place = 1
