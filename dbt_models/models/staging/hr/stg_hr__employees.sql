with known as (

    select rows_read.*
    from {{ source('raw', 'hr_employees') }} as rows_read
    inner join {{ ref('stg_seeds__sites') }} as sites on rows_read._site_id = sites.site_id
    where rows_read.updated_at is null
        or {{ landed_utc('rows_read.updated_at', 'sites.time_zone') }} <= timestamp '{{ var("as_of") }}'

),

newest as (

    {{ newest_rows('known', ['employee_id'], 'updated_at') }}

)

select
    employee_id,
    _site_id as site_id,
    full_name,
    email,
    currency,
    cast(employment_share as double) as employment_share,
    base_pay,
    hire_date,
    leave_date
from newest
