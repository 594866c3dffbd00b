with newest as (

    {{ latest_as_of('salesforce_cases', ['_site_id', 'id'], 'updated_at') }}

),

zoned as (

    select
        newest.*,
        {{ landed_utc('newest.created_at', 'sites.time_zone') }} as created_utc,
        {{ landed_utc('newest.closed_at', 'sites.time_zone') }} as closed_utc,
        {{ landed_utc('newest.updated_at', 'sites.time_zone') }} as updated_utc
    from newest
    inner join {{ ref('stg_seeds__sites') }} as sites on newest._site_id = sites.site_id

)

-- Of a version later than `as_of` only what never changes, and a closing that lay before it, is taken.
select
    _site_id as site_id,
    id as ticket_id,
    contact_id as requester_id,
    owner_id as assignee_id,
    case when not _is_later then lower(status) end as status,
    case when not _is_later then priority end as priority,
    lower(origin) as channel,
    coalesce(is_deleted and not _is_later, false) as is_deleted,
    coalesce(is_closed_on_create, false) as is_closed_on_create,
    created_utc as created_at,
    case when _is_later then created_utc else coalesce(updated_utc, created_utc) end as updated_at,
    case when closed_utc <= timestamp '{{ var("as_of") }}' then closed_utc end as closed_at
from zoned
where created_utc <= timestamp '{{ var("as_of") }}'
