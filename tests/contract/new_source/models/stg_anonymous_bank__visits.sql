select
    site_id,
    callid,
    queue_id,
    case when outcome = 'AGENT' or has_service then 'answered' else 'abandoned' end as outcome,
    1 as visit_number,
    q_time as wait_seconds,
    enqueued_at,
    dequeued_at as left_at
from {{ ref('stg_anonymous_bank__calls') }}
where has_queued and entered_at <= timestamp '{{ var("as_of") }}'
