with delivered as (

    select
        complaints.*,
        {{ landed_utc('complaints.received_at', 'sites.time_zone') }} as received_utc,
        {{ landed_utc('complaints.closed_at', 'sites.time_zone') }} as closed_utc
    from {{ source('raw', 'complaints') }} as complaints
    inner join {{ ref('stg_seeds__sites') }} as sites on complaints._site_id = sites.site_id

),

-- A complaint that is closed later than `as_of` is still open, and not decided.
known as (

    select
        complaint_id,
        contact_ref,
        _site_id as site_id,
        customer_hash as customer_key,
        reason,
        case when closed_utc is null or closed_utc <= timestamp '{{ var("as_of") }}' then is_valid end
            as is_valid,
        received_utc as received_at,
        case when closed_utc <= timestamp '{{ var("as_of") }}' then closed_utc end as closed_at,
        _path,
        _line_number
    from delivered
    where received_utc <= timestamp '{{ var("as_of") }}'

),

-- What closed a complaint stands above what was known while it was open.
newest as (

    {{ newest_rows('known', ['complaint_id'], 'closed_at') }}

)

select
    complaint_id,
    contact_ref,
    site_id,
    customer_key,
    reason,
    is_valid,
    received_at,
    closed_at
from newest
