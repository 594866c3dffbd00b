select
    period_start,
    {{ shift_period('month', 'period_start', 1) }} as period_end,
    {{ shift_period('month', 'period_start', 1) }} - period_start as month_days,
    -- Until the month is over its figures are a projection.
    {{ add_seconds('cast(' ~ shift_period('month', 'period_start', 1) ~ ' as timestamp)', -1) }}
    <= timestamp '{{ var("as_of") }}' as is_final
from {{ ref('scorecards') }}
where period_type = 'month'
group by period_start
