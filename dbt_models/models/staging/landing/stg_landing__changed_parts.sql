select
    feed,
    part,
    site_id,
    state,
    first_at,
    last_at
from {{ source('landing', 'files') }}
where state in ('new', 'gone')
