select
    site_id,
    callid,
    coalesce(max(caller_key), max(destination_key)) as customer_key,
    cast(null as {{ dbt.type_string() }}) as caller_extension,
    'voice' as channel,
    case
        when max(caller_key) is not null then 'inbound'
        when max(destination_key) is not null then 'outbound'
        else 'internal'
    end as direction,
    cast(null as {{ dbt.type_string() }}) as reason,
    min(started_at) as started_at,
    max(ended_at) as ended_at
from {{ ref('stg_freeswitch__rows') }}
group by site_id, callid
