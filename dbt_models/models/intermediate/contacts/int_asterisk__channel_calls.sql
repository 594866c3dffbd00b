-- Of a call that passed a queue, queue_log tells more: its CDR rows only add to that contact.
with rows_read as (

    select *
    from {{ ref('stg_asterisk__cdr') }}
    where linkedid is not null
    {%- if is_incremental_run() %}
        and part in (select part from {{ ref('int_contacts__touched_parts') }})
        and (
            (site_id, linkedid) in (select site_id, callid from {{ ref('int_contacts__touched_calls') }})
            or (site_id, uniqueid) in (select site_id, callid from {{ ref('int_contacts__touched_calls') }})
        )
    {%- endif %}

),

queue_contacts as (

    select contact_id, site_id, callid, min(event_at) as began_at
    from {{ ref('int_asterisk__call_events') }}
    where event_role in ('visit_start', 'leg_start')
    group by contact_id, site_id, callid

),

-- One row that is tied to a callid ties all rows of its linkedid.
ties as (

    select rows_read.site_id, rows_read.linkedid, queue_contacts.contact_id, queue_contacts.began_at
    from rows_read
    inner join queue_contacts
        on rows_read.site_id = queue_contacts.site_id and rows_read.uniqueid = queue_contacts.callid
    union
    select rows_read.site_id, rows_read.linkedid, queue_contacts.contact_id, queue_contacts.began_at
    from rows_read
    inner join queue_contacts
        on rows_read.site_id = queue_contacts.site_id and rows_read.linkedid = queue_contacts.callid

),

-- Where a callid was used again, a row belongs to the use that began last before the row ended.
tied as (

    select
        rows_read.*,
        ties.contact_id,
        row_number() over (
            partition by rows_read.file_path, rows_read.line_number
            order by
                case when ties.began_at <= rows_read.ended_at then 0 else 1 end asc,
                case when ties.began_at <= rows_read.ended_at then ties.began_at end desc,
                ties.began_at asc,
                ties.contact_id asc
        ) as fit
    from rows_read
    left join ties on rows_read.site_id = ties.site_id and rows_read.linkedid = ties.linkedid

)

select
    coalesce(contact_id, 'asterisk:' || site_id || ':' || linkedid) as contact_id,
    site_id,
    linkedid as callid,
    uniqueid,
    source_key,
    destination_key,
    disposition,
    file_path,
    -- A channel's name ends in a serial number; what stands before it is the device.
    regexp_replace(
        case
            when source_key is null and destination_key is not null then channel
            else coalesce(nullif(destination_channel, ''), channel)
        end,
        '-[0-9a-fA-F]+$',
        ''
    ) as agent_login,
    contact_id is not null as is_in_queue_log,
    line_number,
    billed_seconds,
    started_at,
    answered_at,
    ended_at
from tied
where fit = 1
