-- What is known of a contact besides its visits and legs.
select
    contact_id,
    'asterisk' as source,
    site_id,
    callid,
    customer_key,
    caller_extension,
    'voice' as channel,
    direction,
    cast(null as {{ dbt.type_string() }}) as reason,
    has_channel,
    started_at,
    ended_at
from {{ ref('int_asterisk__contacts') }}
union all
select
    contact_id,
    source,
    site_id,
    callid,
    customer_key,
    caller_extension,
    channel,
    direction,
    reason,
    false as has_channel,
    started_at,
    ended_at
from {{ ref('int_sources__contacts') }}
where {{ touched_calls_only() }}
