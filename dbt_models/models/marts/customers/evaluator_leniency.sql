-- An evaluator's scores against those that the same employees had from others in the same quarter.
-- Decimals, because sums of doubles depend on their order.
with evaluations as (

    select
        evaluator_id,
        employee_id,
        cast(date_trunc('quarter', work_date) as date) as period_start,
        score
    from {{ ref('fct_quality_evaluations') }}
    where not is_calibration
        and score is not null
        and evaluator_id is not null
        and employee_id is not null

),

pairs as (

    select
        period_start,
        evaluator_id,
        employee_id,
        count(*) as score_count,
        {{ exact_sum('score') }} as score_sum,
        {{ exact_sum('score * score') }} as square_sum
    from evaluations
    group by period_start, evaluator_id, employee_id

),

-- How far an employee's scores of one evaluator lie apart.
spreads as (

    select
        period_start,
        {{ exact_sum('square_sum - score_sum * score_sum / score_count') }}
        / nullif(sum(score_count - 1), 0) as variance
    from pairs
    group by period_start

),

compared as (

    select
        *,
        sum(score_count) over (partition by period_start, employee_id) - score_count as others_count,
        cast(
            sum(cast(score_sum as decimal(28, 9))) over (partition by period_start, employee_id) as double
        ) - score_sum as others_sum
    from pairs

),

summed as (

    select
        period_start,
        evaluator_id,
        sum(score_count) as evaluation_count,
        sum(case when others_count > 0 then score_count else 0 end) as compared_count,
        {{ exact_sum('score_sum') }} as score_sum,
        {{ exact_sum('case when others_count > 0 then score_sum end') }} as compared_sum,
        {{ exact_sum('score_count * others_sum / nullif(others_count, 0)') }} as others_sum,
        {{ exact_sum(
            'case when others_count > 0 then score_count + 1.0 * score_count * score_count / others_count end'
        ) }} as noise
    from compared
    group by period_start, evaluator_id

),

judged as (

    select
        summed.*,
        (summed.compared_sum - summed.others_sum) / nullif(summed.compared_count, 0) as leniency,
        -- The others' scores are a sample, too: both vary.
        1.959964 * sqrt(spreads.variance * summed.noise) / nullif(summed.compared_count, 0) as margin
    from summed
    inner join spreads on summed.period_start = spreads.period_start

)

select
    evaluator_id,
    cast(evaluation_count as integer) as evaluation_count,
    cast(compared_count as integer) as compared_count,
    score_sum / evaluation_count as mean_score,
    others_sum / nullif(compared_count, 0) as others_mean_score,
    leniency,
    leniency - margin as lower_bound,
    leniency + margin as upper_bound,
    period_start
from judged
