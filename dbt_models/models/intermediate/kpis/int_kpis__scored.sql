-- Score = Σ weight × attainment / Σ weight over the KPIs that apply. A missing or unreliable KPI gives
-- its weight to the others; when too much of it moves, the subject is not rated at all.
with parts as (

    select
        *,
        -- Sums of decimals do not depend on their order, sums of doubles do in the last digit.
        case when is_reliable and attainment is not null then cast(weight as decimal(18, 9)) else 0 end
            as readable_weight,
        case when is_reliable then cast(weight * attainment as decimal(28, 15)) end as points
    from {{ ref('int_kpis__attained') }}
    where weight is not null

),

totals as (

    select
        subject_type,
        subject_id,
        period_type,
        period_start,
        max(scheme) as scheme,
        cast(sum(readable_weight) as double) as weight_covered,
        cast(sum(points) as double) as weighted_attainment
    from parts
    group by 1, 2, 3, 4

)

select
    subject_type,
    subject_id,
    period_type,
    scheme,
    weight_covered,
    coalesce(weight_covered >= 1 - {{ var('max_missing_weight') }} - 0.000001, false) as is_rated,
    case
        when weight_covered >= 1 - {{ var('max_missing_weight') }} - 0.000001
            then weighted_attainment / nullif(weight_covered, 0)
    end as score,
    period_start
from totals
