{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        on_schema_change="fail",
        pre_hook="{{ delete_touched('site_id, callid', ref('int_contacts__touched_calls')) }}",
    )
}}

-- Call events of no call at all; those of a call come placed or unplaced from the intermediate model.
with without_call as (

    select
        *,
        {{ from_epoch('event_epoch') }} as event_at
    from {{ ref('stg_asterisk__queue_events') }}
    where callid in ('NONE', 'REALTIME')
        and event in ({{ call_events() }})
        and {{ touched_calls_only() }}

),

-- A CDR of sixteen columns may lack the id of its call.
channels as (

    select
        site_id,
        'NONE' as callid,
        channel as agent_login,
        file_path,
        line_number,
        started_at
    from {{ ref('stg_asterisk__cdr') }}
    where uniqueid is null and linkedid is null

)

select
    site_id,
    callid,
    queue_id,
    agent_login,
    event,
    unplaced_reason as reason,
    file_path,
    line_number,
    event_at
from {{ ref('int_asterisk__call_events') }}
where event_role = 'unplaced'
union all
select
    site_id,
    callid,
    queue_id,
    agent_login,
    event,
    'no_callid' as reason,
    file_path,
    line_number,
    event_at
from without_call
union all
select
    site_id,
    callid,
    cast(null as {{ dbt.type_string() }}) as queue_id,
    agent_login,
    'CDR' as event,
    'no_callid' as reason,
    file_path,
    line_number,
    started_at as event_at
from channels
where {{ touched_calls_only() }}
