-- What people decided by hand, as far as it was decided by `as_of`.
select
    employee_id,
    reason,
    decided_by,
    case when released_at <= cast(timestamp '{{ var("as_of") }}' as date) then released_by end as released_by,
    cast(period || '-01' as date) as period_start,
    decided_at,
    case when released_at <= cast(timestamp '{{ var("as_of") }}' as date) then released_at end as released_at
from {{ ref('pay_holds') }}
where decided_at <= cast(timestamp '{{ var("as_of") }}' as date) or decided_at is null
