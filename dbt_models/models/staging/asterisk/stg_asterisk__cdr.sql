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
        rows_read._path as file_path,
        rows_read._line_number as line_number,
        -- Master.csv is in the site's local time.
        {{ to_utc('rows_read.start_at', 'sites.time_zone') }} as started_at,
        {{ to_utc('rows_read.answer_at', 'sites.time_zone') }} as answered_at,
        {{ to_utc('rows_read.end_at', 'sites.time_zone') }} as ended_at
    from rows_read
    inner join {{ ref('stg_seeds__sites') }} as sites on rows_read._site_id = sites.site_id
    left join duplicates
        on rows_read._part = duplicates.part and rows_read._line_number = duplicates.line_number
    where duplicates.part is null

)

select * from zoned
where started_at <= timestamp '{{ var("as_of") }}'
