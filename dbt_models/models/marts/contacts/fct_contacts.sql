{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        on_schema_change="fail",
        pre_hook="{{ delete_touched('site_id, callid', ref('int_contacts__touched_calls')) }}",
    )
}}
-- depends_on: {{ ref('int_contacts__stale_days') }}

with visits as (

    select
        contact_id,
        site_id,
        callid,
        min_by(customer_key, visit_number) as customer_key,
        min_by(reason, visit_number) as reason,
        min_by(queue_id, visit_number) as queue_id,
        max_by(outcome, visit_number) as last_outcome,
        count(*) as visit_count,
        sum(wait_seconds) as wait_seconds,
        min(enqueued_at) as started_at,
        max(left_at) as ended_at
    from {{ ref('fct_queue_visits') }}
    where {{ touched_calls_only() }}
    group by contact_id, site_id, callid

),

legs as (

    select
        contact_id,
        site_id,
        callid,
        max(case when leg_number = 1 then employee_id end) as first_employee_id,
        max(case when leg_number = 1 then agent_login end) as first_agent_login,
        max_by(end_reason, leg_number) as last_end_reason,
        count(*) as leg_count,
        sum(talk_seconds) as talk_seconds,
        sum(hold_seconds) as hold_seconds,
        sum(wrap_seconds) as wrap_seconds,
        min(answered_at) as started_at,
        max(case when is_cut then 1 else 0 end) as has_cut,
        max(ended_at) as ended_at
    from {{ ref('fct_contact_legs') }}
    where {{ touched_calls_only() }}
    group by contact_id, site_id, callid

),

channels as (

    select
        contact_id,
        site_id,
        min(callid) as callid,
        is_in_queue_log,
        min_by(source_key, started_at) as source_key,
        max(destination_key) as destination_key,
        min(started_at) as started_at,
        max(ended_at) as ended_at
    from {{ ref('int_contacts__channel_calls') }}
    group by contact_id, site_id, is_in_queue_log

),

contacts as (

    select contact_id, site_id, callid from visits
    union
    select contact_id, site_id, callid from legs
    union
    select contact_id, site_id, callid from channels where not is_in_queue_log

),

joined as (

    select
        contacts.contact_id,
        contacts.site_id,
        contacts.callid,
        visits.queue_id,
        coalesce(visits.customer_key, channels.source_key, channels.destination_key) as customer_key,
        visits.reason,
        legs.first_employee_id,
        legs.first_agent_login,
        case
            when visits.contact_id is not null or channels.contact_id is null then 'inbound'
            when channels.source_key is not null then 'inbound'
            when channels.destination_key is not null then 'outbound'
            else 'internal'
        end as direction,
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
        case
            when channels.is_in_queue_log or channels.contact_id is null
                then least(visits.started_at, legs.started_at)
            else channels.started_at
        end as started_at,
        -- A contact whose last part never ended has no end yet.
        case
            when coalesce(visits.last_outcome, '') <> 'unfinished'
                and coalesce(legs.last_end_reason, '') <> 'unfinished'
                then coalesce(
                        greatest(
                            visits.ended_at,
                            legs.ended_at,
                            -- The call went on when an agent's own talk had ended.
                            case when legs.has_cut = 1 then channels.ended_at end
                        ),
                        channels.ended_at
                    )
        end as ended_at
    from contacts
    left join visits on contacts.contact_id = visits.contact_id
    left join legs on contacts.contact_id = legs.contact_id
    left join channels on contacts.contact_id = channels.contact_id

)

select
    joined.contact_id,
    'asterisk' as source,
    joined.site_id,
    joined.callid,
    joined.queue_id,
    joined.customer_key,
    joined.first_employee_id,
    joined.first_agent_login,
    'voice' as channel,
    joined.direction,
    joined.reason,
    joined.outcome,
    sites.label_en as site_label,
    sites.vendor,
    cast(joined.queue_visit_count as integer) as queue_visit_count,
    cast(joined.leg_count as integer) as leg_count,
    cast(joined.wait_seconds as integer) as wait_seconds,
    cast(joined.talk_seconds as integer) as talk_seconds,
    cast(joined.hold_seconds as integer) as hold_seconds,
    cast(joined.wrap_seconds as integer) as wrap_seconds,
    cast({{ to_local('joined.started_at', 'sites.time_zone') }} as date) as work_date,
    joined.started_at,
    joined.ended_at
from joined
inner join {{ ref('stg_seeds__sites') }} as sites on joined.site_id = sites.site_id
