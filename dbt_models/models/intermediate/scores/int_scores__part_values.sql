-- What each part of a period has of its KPI. Only what is less than the period is added up again.
with ranges as (

    select
        ranges.*,
        kpis.aggregation,
        kpis.unit,
        kpis.numerator as numerator_measure,
        kpis.denominator as denominator_measure,
        kpis.minimum_denominator,
        coalesce(ranges.measured_to, periods.period_end) as measured_until,
        -- What can't be added up, such as a median, stands in each part as a whole.
        kpis.aggregation not in ('ratio', 'sum')
        or (
            ranges.part_start <= ranges.period_start
            and coalesce(ranges.measured_to, periods.period_end) >= periods.period_end
        ) as is_whole
    from {{ ref('int_scores__ranges') }} as ranges
    inner join {{ ref('kpis') }} as kpis on ranges.kpi_code = kpis.kpi_code
    inner join {{ ref('int_kpis__periods') }} as periods
        on ranges.period_type = periods.period_type
        and ranges.period_start = periods.period_start

),

cut as (

    select * from ranges where not is_whole

),

added as (

    select
        cut.subject_type,
        cut.subject_id,
        cut.period_type,
        cut.period_start,
        cut.kpi_code,
        cut.part_start,
        coalesce({{ exact_sum("case when measures.measure = cut.numerator_measure then measures.amount end") }}, 0)
            as numerator,
        {{ exact_sum("case when measures.measure = cut.denominator_measure then measures.amount end") }}
            as denominator
    from cut
    inner join {{ ref('fct_measures') }} as measures
        on cut.measured_on = measures.subject_type
        and cut.measured_id = measures.subject_id
        and measures.measure in (cut.numerator_measure, cut.denominator_measure)
        and measures.work_date >= cut.part_start
        and measures.work_date < cut.measured_until
    group by 1, 2, 3, 4, 5, 6

)

select
    ranges.*,
    case when ranges.is_whole then whole.numerator else added.numerator end as numerator,
    case when ranges.is_whole then whole.denominator else added.denominator end as denominator,
    case
        when ranges.is_whole then whole.value
        when ranges.aggregation = 'sum' then added.numerator
        else {{ unit_factor('ranges.unit') }} * added.numerator / nullif(added.denominator, 0)
    end as value
from ranges
left join {{ ref('int_kpis__values') }} as whole
    on ranges.measured_on = whole.subject_type
    and ranges.measured_id = whole.subject_id
    and ranges.period_type = whole.period_type
    and ranges.period_start = whole.period_start
    and ranges.kpi_code = whole.kpi_code
    and ranges.is_whole
left join added
    on ranges.subject_type = added.subject_type
    and ranges.subject_id = added.subject_id
    and ranges.period_type = added.period_type
    and ranges.period_start = added.period_start
    and ranges.kpi_code = added.kpi_code
    and ranges.part_start = added.part_start
