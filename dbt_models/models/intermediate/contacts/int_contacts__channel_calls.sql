-- Calls that only the CDR knows. Of a call that passed a queue, queue_log tells more.
with rows_read as (

    select *
    from {{ ref('stg_asterisk__cdr') }}
    {%- if is_incremental_run() %}
    where
        (site_id, linkedid) in (select site_id, callid from {{ ref('int_contacts__touched_calls') }})
        or (site_id, uniqueid) in (select site_id, callid from {{ ref('int_contacts__touched_calls') }})
    {%- endif %}

),

queue_calls as (

    select distinct site_id, callid
    from {{ ref('int_asterisk__call_events') }}
    where event_role in ('visit_start', 'leg_start')

),

queued_links as (

    select rows_read.site_id, rows_read.linkedid
    from rows_read
    inner join queue_calls
        on rows_read.site_id = queue_calls.site_id and rows_read.uniqueid = queue_calls.callid
    union
    select rows_read.site_id, rows_read.linkedid
    from rows_read
    inner join queue_calls
        on rows_read.site_id = queue_calls.site_id and rows_read.linkedid = queue_calls.callid

)

select
    rows_read.*,
    'asterisk:' || rows_read.site_id || ':' || rows_read.linkedid as contact_id,
    queued_links.linkedid is not null as is_in_queue_log
from rows_read
left join queued_links
    on rows_read.site_id = queued_links.site_id and rows_read.linkedid = queued_links.linkedid
