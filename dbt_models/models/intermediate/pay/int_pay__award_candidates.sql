-- Who competes for which award: people of its role who are paid in its currency.
with periods as (

    select
        scorecards.subject_id as employee_id,
        scorecards.subject_label as employee_label,
        scorecards.role,
        scorecards.period_type,
        scorecards.period_label,
        {{ restated('scorecards', 'score') }} as score,
        {{ restated('scorecards', 'weight_covered') }} as weight_covered,
        scorecards.period_start,
        case
            when scorecards.period_type = 'quarter' then {{ shift_period('month', 'scorecards.period_start', 2) }}
            else scorecards.period_start
        end as paid_period_start
    from {{ ref('scorecards') }} as scorecards
    where scorecards.subject_type = 'employee' and scorecards.period_type in ('month', 'quarter')

)

select
    awards.award,
    awards.role,
    awards.period_type,
    awards.kpi_code,
    periods.employee_id,
    periods.employee_label,
    periods.period_label,
    base_pay.currency,
    kpis.shape,
    awards.winners,
    awards.minimum_reliability,
    awards.amount,
    case
        when awards.kpi_code = 'score' then periods.score
        when {{ restated('results', 'is_reliable') }} then {{ restated('results', 'value') }}
    end as value,
    case when {{ restated('results', 'is_reliable') }} then {{ restated('results', 'attainment') }} end as attainment,
    periods.weight_covered as reliability,
    {{ add_seconds('cast(' ~ shift_period('month', 'periods.paid_period_start', 1) ~ ' as timestamp)', -1) }}
    <= timestamp '{{ var("as_of") }}' as is_final,
    periods.period_start,
    periods.paid_period_start
from {{ ref('awards') }} as awards
inner join periods
    on awards.period_type = periods.period_type
    and awards.role in (periods.role, '*')
inner join {{ ref('int_pay__base_pay') }} as base_pay
    on periods.employee_id = base_pay.employee_id
    and periods.paid_period_start = base_pay.period_start
    and base_pay.currency = coalesce(awards.currency, base_pay.currency)
left join {{ ref('kpis') }} as kpis on awards.kpi_code = kpis.kpi_code
left join {{ ref('kpi_results') }} as results
    on results.subject_type = 'employee'
    and periods.employee_id = results.subject_id
    and periods.period_type = results.period_type
    and periods.period_start = results.period_start
    and awards.kpi_code = results.kpi_code
