-- Who called whom, as far as queue_log and the channels tell.
with visits as (

    select
        contact_id,
        site_id,
        callid,
        min_by(customer_key, visit_number) as customer_key,
        min_by(caller_extension, visit_number) as caller_extension
    from {{ ref('int_asterisk__visits') }}
    group by contact_id, site_id, callid

),

legs as (

    select
        contact_id,
        site_id,
        callid,
        max(case when is_cut then 1 else 0 end) as has_cut
    from {{ ref('int_asterisk__legs') }}
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
    from {{ ref('int_asterisk__channel_calls') }}
    group by contact_id, site_id, is_in_queue_log

),

contacts as (

    select contact_id, site_id, callid from visits
    union
    select contact_id, site_id, callid from legs
    union
    select contact_id, site_id, callid from channels where not is_in_queue_log

)

select
    contacts.contact_id,
    contacts.site_id,
    contacts.callid,
    coalesce(visits.customer_key, channels.source_key, channels.destination_key) as customer_key,
    visits.caller_extension,
    case
        when coalesce(channels.is_in_queue_log, true) then 'inbound'
        when channels.source_key is not null then 'inbound'
        when channels.destination_key is not null then 'outbound'
        else 'internal'
    end as direction,
    channels.contact_id is not null as has_channel,
    -- Of a call in a queue the log tells when it began; its channel tells when it ended where the log
    -- cut an agent's talk, for the call went on then.
    case when not coalesce(channels.is_in_queue_log, true) then channels.started_at end as started_at,
    case
        when legs.has_cut = 1 or not coalesce(channels.is_in_queue_log, true) then channels.ended_at
    end as ended_at
from contacts
left join visits on contacts.contact_id = visits.contact_id
left join legs on contacts.contact_id = legs.contact_id
left join channels on contacts.contact_id = channels.contact_id
