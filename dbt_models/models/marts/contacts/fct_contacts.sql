{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        on_schema_change="fail",
        pre_hook="{{ delete_touched('site_id, callid', ref('int_contacts__touched_calls'), ref('int_contacts__call_days')) }}",
    )
}}
-- depends_on: {{ ref('int_contacts__call_days') }}

with visits as (

    select
        contact_id,
        min_by(reason, visit_number) as reason,
        min_by(queue_id, visit_number) as queue_id,
        max_by(outcome, visit_number) as last_outcome,
        count(*) as visit_count,
        sum(wait_seconds) as wait_seconds,
        min(enqueued_at) as started_at,
        max(left_at) as ended_at
    from {{ ref('fct_queue_visits') }}
    where {{ touched_facts_only() }}
    group by contact_id

),

legs as (

    select
        contact_id,
        max(case when leg_number = 1 then employee_id end) as first_employee_id,
        max(case when leg_number = 1 then agent_login end) as first_agent_login,
        max_by(end_reason, leg_number) as last_end_reason,
        count(*) as leg_count,
        sum(talk_seconds) as talk_seconds,
        sum(hold_seconds) as hold_seconds,
        sum(wrap_seconds) as wrap_seconds,
        min(answered_at) as started_at,
        max(ended_at) as ended_at
    from {{ ref('fct_contact_legs') }}
    where {{ touched_facts_only() }}
    group by contact_id

),

joined as (

    select
        calls.*,
        visits.queue_id,
        coalesce(calls.reason, visits.reason) as contact_reason,
        legs.first_employee_id,
        legs.first_agent_login,
        case
            when legs.leg_count > 0 then 'answered'
            else coalesce(visits.last_outcome, 'unanswered')
        end as outcome,
        coalesce(visits.visit_count, 0) as queue_visit_count,
        coalesce(legs.leg_count, 0) as leg_count,
        visits.wait_seconds,
        legs.talk_seconds,
        legs.hold_seconds,
        legs.wrap_seconds,
        coalesce(calls.started_at, least(visits.started_at, legs.started_at)) as first_event_at,
        -- A contact whose last part never ended has no end yet.
        case
            when coalesce(visits.last_outcome, '') <> 'unfinished'
                and coalesce(legs.last_end_reason, '') <> 'unfinished'
                then greatest(visits.ended_at, legs.ended_at, calls.ended_at)
        end as last_event_at,
        -- Where a menu came before the queue, the queue dates the contact.
        case
            when calls.started_at is not null then visits.started_at
        end as first_enqueued_at
    from {{ ref('int_contacts__calls') }} as calls
    left join visits on calls.contact_id = visits.contact_id
    left join legs on calls.contact_id = legs.contact_id

)

select
    joined.contact_id,
    joined.source,
    joined.site_id,
    joined.callid,
    joined.queue_id,
    joined.customer_key,
    joined.caller_extension,
    joined.first_employee_id,
    joined.first_agent_login,
    joined.channel,
    joined.direction,
    joined.contact_reason as reason,
    joined.outcome,
    {{ label('sites') }} as site_label,
    sites.vendor,
    exclusions.exclusion_reason,
    exclusions.incident_id,
    cast(joined.queue_visit_count as integer) as queue_visit_count,
    cast(joined.leg_count as integer) as leg_count,
    cast(joined.wait_seconds as integer) as wait_seconds,
    cast(joined.talk_seconds as integer) as talk_seconds,
    cast(joined.hold_seconds as integer) as hold_seconds,
    cast(joined.wrap_seconds as integer) as wrap_seconds,
    joined.has_channel,
    exclusions.contact_id is not null as is_excluded,
    cast(
        {{ to_local('coalesce(joined.first_enqueued_at, joined.first_event_at)', 'sites.time_zone') }} as date
    ) as work_date,
    joined.first_event_at as started_at,
    joined.last_event_at as ended_at
from joined
inner join {{ ref('stg_seeds__sites') }} as sites on joined.site_id = sites.site_id
left join {{ ref('int_contacts__exclusions') }} as exclusions
    on joined.contact_id = exclusions.contact_id
order by work_date
