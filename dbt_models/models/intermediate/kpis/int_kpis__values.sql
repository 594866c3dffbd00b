with periods as (

    select * from {{ ref('int_kpis__periods') }}

),

kpis as (

    select * from {{ ref('kpis') }} where not is_retired

),

parts as (

    select kpi_code, numerator as measure, 'numerator' as part
    from kpis
    where aggregation in ('ratio', 'sum')
    union all
    select kpi_code, denominator as measure, 'denominator' as part
    from kpis
    where aggregation = 'ratio'

),

summed as (

    {%- for period_type in period_types() %}
    select
        measures.subject_type,
        measures.subject_id,
        '{{ period_type }}' as period_type,
        cast(date_trunc('{{ period_type }}', measures.work_date) as date) as period_start,
        measures.measure,
        {{ exact_sum('measures.amount') }} as amount
    from {{ ref('fct_measures') }} as measures
    inner join periods
        on periods.period_type = '{{ period_type }}'
        and cast(date_trunc('{{ period_type }}', measures.work_date) as date) = periods.period_start
    group by 1, 2, 3, 4, 5
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

-- Sum over sum, never a mean of ratios.
fractions as (

    select
        summed.subject_type,
        summed.subject_id,
        summed.period_type,
        summed.period_start,
        parts.kpi_code,
        sum(case when parts.part = 'numerator' then summed.amount else 0 end) as numerator,
        sum(case when parts.part = 'denominator' then summed.amount end) as denominator
    from summed
    inner join parts on summed.measure = parts.measure
    group by 1, 2, 3, 4, 5

)

select
    fractions.subject_type,
    fractions.subject_id,
    fractions.period_type,
    fractions.kpi_code,
    fractions.numerator,
    fractions.denominator,
    case
        when kpis.aggregation = 'sum' then fractions.numerator
        else {{ unit_factor('kpis.unit') }} * fractions.numerator / nullif(fractions.denominator, 0)
    end as value,
    fractions.period_start
from fractions
inner join kpis on fractions.kpi_code = kpis.kpi_code
where (kpis.aggregation = 'sum' or fractions.denominator is not null or fractions.numerator <> 0)
    and case fractions.subject_type
        when 'employee' then coalesce(kpis.lowest_subject, 'employee') = 'employee'
        when 'team' then coalesce(kpis.lowest_subject, 'employee') <> 'site'
        when 'department' then coalesce(kpis.lowest_subject, 'employee') <> 'site'
        else true
    end
union all
select
    percentiles.subject_type,
    percentiles.subject_id,
    percentiles.period_type,
    kpis.kpi_code,
    cast(null as double) as numerator,
    cast(percentiles.answered_count as double) as denominator,
    cast(case kpis.aggregation when 'p50' then percentiles.p50 else percentiles.p90 end as double) as value,
    percentiles.period_start
from {{ ref('int_kpis__percentiles') }} as percentiles
inner join kpis on kpis.aggregation in ('p50', 'p90')
union all
select
    reviews.subject_type,
    reviews.subject_id,
    reviews.period_type,
    kpis.kpi_code,
    cast(null as double) as numerator,
    cast(reviews.review_count as double) as denominator,
    reviews.value,
    reviews.period_start
from {{ ref('int_kpis__review_scores') }} as reviews
inner join kpis on kpis.aggregation = 'reviews'
