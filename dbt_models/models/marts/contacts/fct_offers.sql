{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        on_schema_change="fail",
        pre_hook="{{ delete_touched('site_id, callid', ref('int_contacts__touched_calls'), ref('int_contacts__call_days')) }}",
    )
}}
-- depends_on: {{ ref('int_contacts__call_days') }}

select
    offers.contact_id,
    offers.site_id,
    offers.callid,
    offers.queue_id,
    offers.agent_login,
    identities.employee_id,
    offers.end_reason,
    cast(offers.offer_number as integer) as offer_number,
    offers.ring_seconds,
    offers.end_reason = 'answered' as is_answered,
    exclusions.contact_id is not null as is_excluded,
    -- The log line that tells of the ring dates it.
    {{ attributed_work_date('offers.ended_at') }} as work_date,
    offers.offered_at,
    offers.ended_at
from {{ ref('int_asterisk__offers') }} as offers
{{ attribution_joins('offers', 'offers.ended_at') }}
left join {{ ref('int_contacts__exclusions') }} as exclusions
    on offers.contact_id = exclusions.contact_id
order by work_date
