-- Score = Σ weight × attainment / Σ weight over the KPIs that apply. A missing or unreliable KPI gives
-- its weight to the others; when too much of it moves, the subject is not rated at all.
with totals as (

    select
        subject_type,
        subject_id,
        period_type,
        period_start,
        max(scheme) as scheme,
        sum(case when is_reliable and attainment is not null then weight else 0 end) as weight_covered,
        sum(case when is_reliable then weight * attainment end) as weighted_attainment
    from {{ ref('int_kpis__attained') }}
    where weight is not null
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
