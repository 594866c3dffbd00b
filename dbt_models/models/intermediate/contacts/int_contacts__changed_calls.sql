{#- Calls of which something changed since the last publication. -#}
{%- if not is_incremental_run() %}

select
    cast(null as {{ dbt.type_string() }}) as site_id,
    cast(null as {{ dbt.type_string() }}) as callid
where false

{%- else %}

with changed_events as (

    {{ changed_rows('asterisk_queue_log', ['_site_id as site_id', "coalesce(nullif(callid, ''), 'NONE') as callid"]) }}

),

changed_channels as (

    {{ changed_rows('asterisk_cdr', ['_site_id as site_id', 'uniqueid', 'linkedid']) }}

),

-- Lines that an earlier run read and left aside because they were later than its `as_of`.
ripened as (

    select events.site_id, events.callid
    from {{ ref('stg_asterisk__queue_events') }} as events
    inner join {{ source('landing', 'run') }} as run
        on events.event_epoch > {{ epoch_seconds('run.previous_as_of') }}
    where events.part in (select part from {{ ref('stg_landing__newest_parts') }})
    union
    select cdr.site_id, cdr.uniqueid as callid
    from {{ ref('stg_asterisk__cdr') }} as cdr
    inner join {{ source('landing', 'run') }} as run on cdr.started_at > run.previous_as_of
    where cdr.part in (select part from {{ ref('stg_landing__newest_parts') }})

),

reattributed as (

    select legs.site_id, legs.callid
    from {{ published('fct_contact_legs') }} as legs
    inner join {{ ref('int_people__changed_attributions') }} as changes
        on legs.site_id = changes.site_id
        and legs.agent_login = changes.agent_login
        and legs.answered_at >= changes.changed_from
        and legs.answered_at < changes.changed_to
    union
    select offers.site_id, offers.callid
    from {{ published('fct_offers') }} as offers
    inner join {{ ref('int_people__changed_attributions') }} as changes
        on offers.site_id = changes.site_id
        and offers.agent_login = changes.agent_login
        and offers.ended_at >= changes.changed_from
        and offers.ended_at < changes.changed_to

),

-- Contacts in the time of an incident that was declared, changed or withdrawn since.
excluded_anew as (

    select contacts.site_id, contacts.callid
    from {{ published('fct_contacts') }} as contacts
    inner join {{ ref('int_contacts__changed_incidents') }} as incidents
        on contacts.started_at < incidents.changed_to
        and coalesce(contacts.ended_at, {{ add_seconds('contacts.started_at', 86400) }}) >= incidents.changed_from
        and coalesce(incidents.site_id, contacts.site_id) = contacts.site_id

),

changed_sources as (

    {{ changed_source_calls('contacts', 'fct_contacts', [
        'customer_key', 'caller_extension', 'channel', 'direction', 'started_at'
    ]) }}
    union
    {{ changed_source_calls('visits', 'fct_queue_visits', [
        'visit_number', 'queue_id', 'outcome', 'wait_seconds', 'enqueued_at', 'left_at'
    ]) }}
    union
    {{ changed_source_calls('legs', 'fct_contact_legs', [
        'leg_number', 'queue_id', 'agent_login', 'end_reason', 'talk_seconds', 'hold_seconds',
        'wrap_seconds', 'offered_at', 'answered_at', 'ended_at'
    ]) }}
    {%- for name in source_names('changes') %}
    union
    select site_id, callid from {{ ref('stg_' ~ name ~ '__changes') }}
    {%- endfor %}

)

select site_id, callid from changed_events
union
select site_id, uniqueid as callid from changed_channels where uniqueid is not null
union
select site_id, linkedid as callid from changed_channels where linkedid is not null
union
select site_id, 'NONE' as callid from changed_channels where uniqueid is null and linkedid is null
union
select site_id, callid from ripened
union
select site_id, callid from reattributed
union
select site_id, callid from excluded_anew
union
select site_id, callid from changed_sources

{%- endif %}
