with rows_read as (

    select * from {{ source('raw', 'asterisk_cdr') }}

),

duplicates as (

    select part, line_number from {{ source('landing', 'log_duplicates') }}
    where feed = 'asterisk_cdr'

),

zoned as (

    select
        rows_read._site_id as site_id,
        rows_read.uniqueid,
        coalesce(nullif(rows_read.linkedid, ''), rows_read.uniqueid) as linkedid,
        rows_read.src_hash as source_key,
        rows_read.dst as destination_extension,
        rows_read.dst_hash as destination_key,
        rows_read.channel,
        rows_read.dstchannel as destination_channel,
        rows_read.lastapp as last_application,
        rows_read.disposition,
        rows_read.duration_seconds,
        rows_read.billsec_seconds as billed_seconds,
        rows_read._part as part,
        rows_read._path as file_path,
        rows_read._line_number as line_number,
        rows_read.answer_at,
        rows_read.end_at,
        sites.time_zone,
        -- Master.csv is in the site's local time; a uniqueid has the epoch of its channel.
        {{ to_utc_near(
            'rows_read.start_at',
            'sites.time_zone',
            "try_cast(regexp_extract(rows_read.uniqueid, '([0-9]+)[.][0-9]+$', 1) as bigint)"
        ) }} as started_at
    from rows_read
    inner join {{ ref('stg_seeds__sites') }} as sites on rows_read._site_id = sites.site_id
    left join duplicates
        on rows_read._part = duplicates.part and rows_read._line_number = duplicates.line_number
    where duplicates.part is null

)

select
    site_id,
    uniqueid,
    linkedid,
    source_key,
    destination_extension,
    destination_key,
    channel,
    destination_channel,
    last_application,
    disposition,
    duration_seconds,
    billed_seconds,
    part,
    file_path,
    line_number,
    started_at,
    {{ to_utc_near(
        'answer_at', 'time_zone', epoch_seconds('started_at') ~ ' + duration_seconds - billed_seconds'
    ) }} as answered_at,
    {{ to_utc_near('end_at', 'time_zone', epoch_seconds('started_at') ~ ' + duration_seconds') }} as ended_at
from zoned
where started_at <= timestamp '{{ var("as_of") }}'
