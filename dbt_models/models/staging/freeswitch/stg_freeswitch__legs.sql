-- Of a bridge both sides may have a row: the second one is the agent's.
with rows_read as (

    select
        *,
        max(case when is_second_side then 1 else 0 end) over (
            partition by site_id, callid
        ) as has_second_side
    from {{ ref('stg_freeswitch__rows') }}

)

select
    site_id,
    callid,
    cast(null as {{ dbt.type_string() }}) as queue_id,
    case
        when caller_key is null and destination_key is not null then caller_extension
        else destination_extension
    end as agent_login,
    'caller' as end_reason,
    row_number() over (
        partition by site_id, callid order by answered_at, started_at, uuid
    ) as leg_number,
    billed_seconds as talk_seconds,
    cast(null as integer) as hold_seconds,
    cast(null as integer) as wrap_seconds,
    started_at as offered_at,
    answered_at,
    ended_at
from rows_read
where answered_at is not null
    and (is_second_side or has_second_side = 0)
