select
    contact_id,
    'asterisk' as source,
    site_id,
    callid,
    queue_id,
    customer_key,
    outcome,
    visit_number,
    wait_seconds,
    enqueued_at,
    left_at
from {{ ref('int_asterisk__visits') }}
union all
select
    visits.contact_id,
    visits.source,
    visits.site_id,
    visits.callid,
    visits.queue_id,
    contacts.customer_key,
    visits.outcome,
    visits.visit_number,
    visits.wait_seconds,
    visits.enqueued_at,
    visits.left_at
from {{ ref('int_sources__visits') }} as visits
left join {{ ref('int_contacts__calls') }} as contacts on visits.contact_id = contacts.contact_id
where {{ touched_calls_only('visits') }}
