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
    legs.contact_id,
    legs.source,
    legs.site_id,
    legs.callid,
    legs.queue_id,
    legs.agent_login,
    identities.employee_id,
    legs.end_reason,
    cast(legs.leg_number as integer) as leg_number,
    cast(legs.talk_seconds as integer) as talk_seconds,
    legs.hold_seconds,
    legs.wrap_seconds,
    cast(legs.channel_talk_seconds as integer) as channel_talk_seconds,
    legs.end_reason in ('blind_transfer', 'attended_transfer') as is_transferred_out,
    legs.is_cut,
    -- What queue_log bills and what the agent's own channel lasted, too far apart to be rounding.
    coalesce(
        abs(
            {{ epoch_seconds('legs.logged_ended_at') }} - {{ epoch_seconds('legs.answered_at') }}
            - legs.channel_talk_seconds
        ) > {{ var('channel_tolerance_seconds') }},
        false
    ) as differs_from_channel,
    exclusions.exclusion_reason,
    exclusions.contact_id is not null as is_excluded,
    {{ attributed_work_date('legs.answered_at') }} as work_date,
    legs.offered_at,
    legs.answered_at,
    legs.ended_at,
    legs.logged_ended_at
from {{ ref('int_contacts__legs') }} as legs
{{ attribution_joins('legs', 'legs.answered_at') }}
left join {{ ref('int_contacts__exclusions') }} as exclusions
    on legs.contact_id = exclusions.contact_id
order by work_date
