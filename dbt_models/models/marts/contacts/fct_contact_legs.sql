{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        on_schema_change="fail",
        pre_hook="{{ delete_touched('site_id, callid', ref('int_contacts__touched_calls')) }}",
    )
}}
-- depends_on: {{ ref('int_contacts__stale_days') }}

select
    legs.contact_id,
    legs.site_id,
    legs.callid,
    legs.queue_id,
    legs.agent_login,
    identities.employee_id,
    legs.end_reason,
    cast(legs.leg_number as integer) as leg_number,
    cast(legs.talk_seconds as integer) as talk_seconds,
    -- Asterisk logs neither hold nor after-call work: unknown, not zero.
    cast(null as integer) as hold_seconds,
    cast(null as integer) as wrap_seconds,
    legs.end_reason in ('blind_transfer', 'attended_transfer') as is_transferred_out,
    legs.is_cut,
    {{ attributed_work_date('legs.answered_at') }} as work_date,
    legs.offered_at,
    legs.answered_at,
    legs.ended_at
from {{ ref('int_contacts__legs') }} as legs
{{ attribution_joins('legs', 'legs.answered_at') }}
