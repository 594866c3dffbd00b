with known as (

    select
        appeals.*,
        {{ landed_utc('appeals.filed_at', 'clocks.time_zone') }} as filed_utc_at,
        {{ landed_utc('appeals.decided_at', 'clocks.time_zone') }} as decided_utc_at
    from {{ source('raw', 'appeals') }} as appeals
    {{ site_of_employee('appeals', 'cast(appeals.filed_at as date)') }}
    where {{ landed_utc('appeals.filed_at', 'clocks.time_zone') }} <= timestamp '{{ var("as_of") }}'
        and (
            appeals.decided_at is null
            or {{ landed_utc('appeals.decided_at', 'clocks.time_zone') }} <= timestamp '{{ var("as_of") }}'
        )

),

newest as (

    {{ newest_rows('known', ['appeal_id'], 'decided_utc_at') }}

)

select
    appeal_id,
    employee_id,
    period,
    kpi_code,
    contact_ref,
    text,
    lower(decision) as decision,
    decided_by,
    cast(amount as decimal(18, 3)) as amount,
    filed_utc_at as filed_at,
    decided_utc_at as decided_at
from newest
