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

    select * from {{ ref('int_contacts__visits') }}

),

queues as (

    select * from {{ ref('stg_seeds__queues') }}

)

select
    visits.contact_id,
    visits.source,
    visits.site_id,
    visits.callid,
    visits.queue_id,
    visits.customer_key,
    visits.outcome,
    coalesce({{ label('queues') }}, visits.queue_id) as queue_label,
    {{ label('sites') }} as site_label,
    sites.vendor,
    exclusions.exclusion_reason,
    coalesce(queues.reason, visits.queue_id) as reason,
    queues.service_level_variant,
    visits.visit_number,
    cast(visits.wait_seconds as integer) as wait_seconds,
    queues.answer_threshold_seconds,
    exclusions.contact_id is not null as is_excluded,
    visits.outcome <> 'unfinished' as is_queued,
    coalesce(visits.wait_seconds <= queues.answer_threshold_seconds, false) as is_within_threshold,
    coalesce(
        visits.outcome = 'abandoned' and visits.wait_seconds <= queues.short_abandon_seconds, false
    ) as is_short_abandon,
    cast({{ to_local('visits.enqueued_at', 'sites.time_zone') }} as date) as work_date,
    visits.enqueued_at,
    {{ to_local('visits.enqueued_at', 'sites.time_zone') }} as enqueued_local_at,
    visits.left_at
from visits
inner join {{ ref('stg_seeds__sites') }} as sites on visits.site_id = sites.site_id
left join queues
    on visits.site_id = queues.site_id and visits.queue_id = queues.queue_id
left join {{ ref('int_contacts__exclusions') }} as exclusions
    on visits.contact_id = exclusions.contact_id
order by work_date
