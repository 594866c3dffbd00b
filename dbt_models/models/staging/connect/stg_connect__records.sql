-- A table, since what is newest is looked for once and read by many.
{{ config(materialized='table') }}

-- Contact records come at least once, and again when they change: the newest that was known counts.
with known as (

    select * from {{ source('raw', 'connect_contact_records') }}
    where updated_at <= timestamp '{{ var("as_of") }}'

),

newest as (

    {{ newest_rows('known', ['_site_id', 'contact_id'], 'updated_at') }}

)

select
    _site_id as site_id,
    contact_id,
    coalesce(initial_contact_id, contact_id) as callid,
    previous_contact_id,
    next_contact_id,
    case when customer_extension is null then customer_hash end as customer_key,
    customer_extension as caller_extension,
    lower(channel) as channel,
    initiation_method,
    disconnect_reason,
    nullif(reason, '') as reason,
    agent_login,
    queue_id,
    talk_seconds,
    hold_seconds,
    wrap_seconds,
    queue_seconds,
    initiated_at,
    enqueued_at,
    dequeued_at,
    agent_connected_at,
    wrap_started_at,
    transfer_completed_at,
    disconnected_at
from newest
