-- Score = Σ nominal weight × attainment / Σ nominal weight over the parts that apply. What is missing,
-- unreliable or suspended gives its weight to the others; when too much of it moves, nobody is rated.
with totals as (

    select
        subject_type,
        subject_id,
        period_type,
        period_start,
        max_by(scheme, part_start) as scheme,
        max(scheme_days) as scheme_days,
        -- Sums of decimals do not depend on their order, sums of doubles do in the last digit.
        sum(case when status = 'scored' then weighted_days else 0 end) as covered_days,
        cast(
            sum(case when status = 'scored' then cast(weighted_days * attainment as decimal(38, 15)) end) as double
        ) as attained_days
    from {{ ref('int_scores__parts') }}
    group by 1, 2, 3, 4

),

covered as (

    select
        *,
        cast(covered_days as double) / nullif(cast(scheme_days as double), 0) as weight_covered
    from totals

)

select
    subject_type,
    subject_id,
    period_type,
    scheme,
    cast(covered_days as double) as covered_days,
    weight_covered,
    coalesce(weight_covered >= 1 - {{ var('max_missing_weight') }} - 0.000001, false) as is_rated,
    case
        when weight_covered >= 1 - {{ var('max_missing_weight') }} - 0.000001
            then attained_days / nullif(cast(covered_days as double), 0)
    end as score,
    period_start
from covered
