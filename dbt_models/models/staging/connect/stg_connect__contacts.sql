-- A chain of transfers is one contact, under the id of its first record.
with records as (

    select
        *,
        row_number() over (
            partition by site_id, callid order by initiated_at, contact_id
        ) as record_number
    from {{ ref('stg_connect__records') }}

)

select
    site_id,
    callid,
    min_by(customer_key, record_number) as customer_key,
    min_by(caller_extension, record_number) as caller_extension,
    min_by(channel, record_number) as channel,
    case
        when min_by(initiation_method, record_number) = 'OUTBOUND' then 'outbound'
        else 'inbound'
    end as direction,
    min_by(reason, record_number) as reason,
    min(initiated_at) as started_at,
    case when count(disconnected_at) = count(*) then max(disconnected_at) end as ended_at
from records
group by site_id, callid
