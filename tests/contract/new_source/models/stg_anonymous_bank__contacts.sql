select
    site_id,
    callid,
    cast(null as varchar) as customer_key,
    cast(null as varchar) as caller_extension,
    'voice' as channel,
    -- The bank says to ignore phantom calls: as internal ones they are listed and leave every KPI.
    case when outcome = 'PHANTOM' then 'internal' else 'inbound' end as direction,
    queue_id as reason,
    entered_at as started_at,
    case
        when has_service then ended_at
        when has_queued then dequeued_at
        else vru_left_at
    end as ended_at
from {{ ref('stg_anonymous_bank__calls') }}
where entered_at <= timestamp '{{ var("as_of") }}'
