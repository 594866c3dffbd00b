with today as (

    select
        award,
        role,
        period_type,
        kpi_code,
        employee_id,
        employee_label,
        period_label,
        currency,
        reason,
        value,
        reliability,
        place,
        amount,
        is_winner,
        is_tied,
        is_final,
        period_start as award_period_start,
        paid_period_start as period_start
    from {{ ref('int_pay__awards') }}

)

{{ as_closed(
    'award_results',
    'today',
    ['award', 'role', 'currency', 'kpi_code', 'award_period_start', 'employee_id'],
    is_whole=true
) }}
