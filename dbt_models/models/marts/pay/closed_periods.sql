with acknowledged as (

    select period_start, count(distinct employee_id) as acknowledged_count
    from {{ source('ledger', 'acknowledgements') }}
    group by period_start

)

select
    closed.period as period_label,
    closed.proposed_by,
    closed.approved_by,
    closed.closed_by,
    closed.run_id as closed_run_id,
    closed.manifest_sha256,
    cast(coalesce(acknowledged.acknowledged_count, 0) as integer) as acknowledged_count,
    closed.period_start,
    closed.closed_at
from {{ source('ledger', 'closed_periods') }} as closed
left join acknowledged on closed.period_start = acknowledged.period_start
