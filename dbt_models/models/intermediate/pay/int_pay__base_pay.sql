-- The contract pay of a month is the newest that HR had written by its end, so that a raise changes no
-- month before it; where HR only wrote later, the first that it wrote.
with known as (

    select
        rows_read.employee_id,
        rows_read.base_pay,
        nullif(trim(rows_read.currency), '') as currency,
        rows_read._path,
        rows_read._line_number,
        {{ landed_utc('rows_read.updated_at', 'sites.time_zone') }} as updated_at
    from {{ source('raw', 'hr_employees') }} as rows_read
    inner join {{ ref('stg_seeds__sites') }} as sites on rows_read._site_id = sites.site_id
    where rows_read.updated_at is null
        or {{ landed_utc('rows_read.updated_at', 'sites.time_zone') }} <= timestamp '{{ var("as_of") }}'

),

-- Awards of a quarter are paid with its last month, which may lie ahead.
months as (

    select period_start from {{ ref('int_pay__months') }}
    union
    select cast(date_trunc('quarter', period_start) + interval '2' month as date) as period_start
    from {{ ref('int_pay__months') }}

),

dated as (

    select
        known.*,
        months.period_start,
        coalesce(
            known.updated_at >= cast({{ shift_period('month', 'months.period_start', 1) }} as timestamp), false
        ) as is_later
    from known
    cross join months

),

ordered as (

    select
        *,
        row_number() over (
            partition by employee_id, period_start
            order by
                is_later asc,
                case when is_later then updated_at end asc nulls last,
                updated_at desc nulls last,
                _path desc,
                _line_number desc
        ) as recency
    from dated

),

newest as (

    select * from ordered where recency = 1

),

placed as (

    select
        newest.employee_id,
        newest.period_start,
        max_by(employees.site_id, employees.valid_from) as site_id
    from newest
    inner join {{ ref('dim_employee') }} as employees
        on newest.employee_id = employees.employee_id
        and employees.valid_from < {{ shift_period('month', 'newest.period_start', 1) }}
    group by newest.employee_id, newest.period_start

)

select
    newest.employee_id,
    coalesce(newest.currency, sites.currency) as currency,
    newest.base_pay,
    newest.period_start
from newest
left join placed
    on newest.employee_id = placed.employee_id
    and newest.period_start = placed.period_start
left join {{ ref('sites') }} as sites on placed.site_id = sites.site_id
