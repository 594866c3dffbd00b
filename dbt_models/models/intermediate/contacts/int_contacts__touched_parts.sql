{#- The parts in which the touched calls have lines, so that a run reads them and no other. -#}
{%- set touched = ref('int_contacts__touched_calls') %}
with lines as (

    select _part as part, _site_id as site_id, callid
    from {{ source('raw', 'asterisk_queue_log') }}
    -- Lines of no call stand in every file.
    where callid not in ('', 'NONE', 'REALTIME')
    union all
    select _part as part, _site_id as site_id, uniqueid as callid
    from {{ source('raw', 'asterisk_cdr') }}
    union all
    select _part as part, _site_id as site_id, linkedid as callid
    from {{ source('raw', 'asterisk_cdr') }}

)

select distinct lines.part
from lines
inner join {{ touched }} as touched
    on lines.site_id = touched.site_id and lines.callid = touched.callid
