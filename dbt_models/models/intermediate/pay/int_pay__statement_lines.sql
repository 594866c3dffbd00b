with numbered as (

    select
        employee_id,
        currency,
        period_start,
        lines,
        unnest(range(1, len(lines) + 1)) as line_number
    from {{ ref('int_pay__statements') }}

)

select
    employee_id,
    cast(line_number as integer) as line_number,
    lines[line_number].kind as kind,
    lines[line_number].label as label,
    nullif(lines[line_number].arithmetic, '') as arithmetic,
    currency,
    lines[line_number].amount as amount,
    period_start
from numbered
