with newest as (

    {{ latest_by_key('freeswitch_cdr', ['_site_id', 'uuid'], 'ended_at') }}

),

zoned as (

    select
        newest.*,
        {{ landed_utc('newest.started_at', 'sites.time_zone') }} as started_utc_at,
        {{ landed_utc('newest.answered_at', 'sites.time_zone') }} as answered_utc_at,
        {{ landed_utc('newest.ended_at', 'sites.time_zone') }} as ended_utc_at
    from newest
    inner join {{ ref('stg_seeds__sites') }} as sites on newest._site_id = sites.site_id

),

-- The other side of a bridge has a row of its own, under the id that the first one names. Where each
-- names the other the one that began first is the first.
bridged as (

    select second_side._site_id, second_side.uuid, min(first_side.uuid) as callid
    from zoned as first_side
    inner join zoned as second_side
        on first_side._site_id = second_side._site_id
        and first_side.bleg_uuid = second_side.uuid
        and first_side.uuid <> second_side.uuid
    where second_side.bleg_uuid is null
        or second_side.bleg_uuid <> first_side.uuid
        or (first_side.started_utc_at, first_side.uuid) < (second_side.started_utc_at, second_side.uuid)
    group by second_side._site_id, second_side.uuid

)

select
    zoned._site_id as site_id,
    coalesce(bridged.callid, zoned.uuid) as callid,
    zoned.uuid,
    zoned.bleg_uuid,
    bridged.callid is not null as is_second_side,
    -- Colleagues are known by their extension, customers by their key.
    case when zoned.caller_extension is null then zoned.caller_hash end as caller_key,
    zoned.caller_extension,
    case when zoned.destination_extension is null then zoned.destination_hash end as destination_key,
    zoned.destination_extension,
    zoned.billed_seconds,
    zoned.started_utc_at as started_at,
    zoned.answered_utc_at as answered_at,
    zoned.ended_utc_at as ended_at
from zoned
left join bridged on zoned._site_id = bridged._site_id and zoned.uuid = bridged.uuid
where zoned.started_utc_at <= timestamp '{{ var("as_of") }}'
