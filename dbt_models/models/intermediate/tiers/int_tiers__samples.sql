-- What chance can have done to the scores of people's months and quarters. For a mean, `square_sum` is
-- Σ numerator² / denominator over its days: fct_measures has sums of days, so how much days differ for
-- their size tells how much single contacts do.
with parts as (

    select
        parts.subject_type,
        parts.subject_id,
        parts.period_type,
        parts.kpi_code,
        parts.role,
        parts.measured_on,
        parts.measured_id,
        parts.shape,
        kpis.interval_method,
        kpis.aggregation,
        kpis.numerator as numerator_measure,
        kpis.denominator as denominator_measure,
        cast({{ unit_factor('kpis.unit') }} as double) as factor,
        parts.numerator,
        parts.denominator,
        parts.value,
        parts.low_floor,
        parts.low_target,
        parts.floor,
        parts.target,
        parts.stretch,
        parts.cap,
        cast(parts.weighted_days as double) as weight,
        parts.period_start,
        parts.part_start,
        parts.part_end
    from {{ ref('int_scores__parts') }} as parts
    inner join {{ ref('int_tiers__candidates') }} as candidates
        on parts.subject_type = candidates.subject_type
        and parts.subject_id = candidates.subject_id
        and parts.period_type = candidates.period_type
        and parts.period_start = candidates.period_start
    inner join {{ ref('kpis') }} as kpis on parts.kpi_code = kpis.kpi_code
    where parts.status = 'scored'
        and parts.subject_type = 'employee'
        and parts.period_type in ('month', 'quarter')
        and candidates.score is not null

),

days as (

    select
        parts.subject_id,
        parts.period_type,
        parts.period_start,
        parts.kpi_code,
        parts.part_start,
        measures.work_date,
        sum(case when measures.measure = parts.numerator_measure then measures.amount else 0 end) as numerator,
        sum(case when measures.measure = parts.denominator_measure then measures.amount else 0 end)
            as denominator
    from parts
    inner join {{ ref('fct_measures') }} as measures
        on parts.measured_on = measures.subject_type
        and parts.measured_id = measures.subject_id
        and measures.measure in (parts.numerator_measure, parts.denominator_measure)
        and measures.work_date >= parts.part_start
        and measures.work_date < parts.part_end
    where parts.aggregation = 'ratio' and parts.interval_method <> 'wilson'
    group by 1, 2, 3, 4, 5, 6

),

spreads as (

    select
        subject_id,
        period_type,
        period_start,
        kpi_code,
        part_start,
        count(*) as day_count,
        {{ exact_sum('numerator * numerator / denominator') }} as square_sum
    from days
    where denominator > 0
    group by 1, 2, 3, 4, 5

)

select
    parts.*,
    coalesce(spreads.day_count, 0) as day_count,
    coalesce(spreads.square_sum, 0) as square_sum
from parts
left join spreads
    on parts.subject_id = spreads.subject_id
    and parts.period_type = spreads.period_type
    and parts.period_start = spreads.period_start
    and parts.kpi_code = spreads.kpi_code
    and parts.part_start = spreads.part_start
