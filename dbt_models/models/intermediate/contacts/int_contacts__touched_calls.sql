{#- The calls that this run works on; everything else stays as the last publication left it. -#}
{%- if not is_incremental_run() %}

-- A first run works on every call.
select site_id, callid from {{ ref('int_contacts__changed_calls') }}

{%- else %}

-- Rows of one call may have ids of their own, tied by its linkedid: touch one and all are touched.
with linked as (

    select distinct site_id, uniqueid, linkedid
    from {{ ref('stg_asterisk__cdr') }}
    where uniqueid <> linkedid

),

calls_linked as (

    select site_id, callid as linkedid from {{ ref('int_contacts__changed_calls') }}
    union
    select linked.site_id, linked.linkedid
    from linked
    inner join {{ ref('int_contacts__changed_calls') }} as changed
        on linked.site_id = changed.site_id and linked.uniqueid = changed.callid

)

select site_id, callid from {{ ref('int_contacts__changed_calls') }}
union
select site_id, linkedid as callid from calls_linked
union
select linked.site_id, linked.uniqueid as callid
from linked
inner join calls_linked
    on linked.site_id = calls_linked.site_id and linked.linkedid = calls_linked.linkedid

{%- endif %}
