-- The score that ranks: the same weights on shrunk rates, so that four lucky answers win no race.
with parts as (

    select
        parts.*,
        coalesce(shrunk.shrunk_value, parts.value) as ranking_value
    from {{ ref('int_scores__parts') }} as parts
    left join {{ ref('int_kpis__shrunk') }} as shrunk
        on parts.measured_on = shrunk.subject_type
        and parts.measured_id = shrunk.subject_id
        and parts.period_type = shrunk.period_type
        and parts.period_start = shrunk.period_start
        and parts.kpi_code = shrunk.kpi_code
    where parts.status = 'scored'

),

added as (

    select
        subject_type,
        subject_id,
        period_type,
        period_start,
        cast(sum(cast(weighted_days * {{ attainment('ranking_value') }} as decimal(38, 15))) as double)
        / nullif(cast(sum(weighted_days) as double), 0) as ranking_score
    from parts
    group by 1, 2, 3, 4

)

select
    added.subject_type,
    added.subject_id,
    added.period_type,
    added.ranking_score,
    added.period_start
from added
inner join {{ ref('int_scores__scored') }} as scored
    on added.subject_type = scored.subject_type
    and added.subject_id = scored.subject_id
    and added.period_type = scored.period_type
    and added.period_start = scored.period_start
where scored.is_rated
