{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        on_schema_change="fail",
        pre_hook="{{ delete_touched('period_type, period_start', ref('int_kpis__periods') ~ ' where is_published') }}",
        post_hook=[
            "{{ keep_closed('scorecards', ['subject_type', 'subject_id', 'period_type', 'period_start']) }}",
            "{{ bring_back_closed('scorecards', ['subject_type', 'subject_id', 'period_type', 'period_start']) }}",
        ],
    )
}}

with subjects as (

    select
        subjects.*,
        periods.period_label,
        periods.reference_date
    from {{ ref('int_kpis__subjects') }} as subjects
    inner join {{ ref('int_kpis__periods') }} as periods
        on subjects.period_type = periods.period_type
        and subjects.period_start = periods.period_start
    where periods.is_published

),

rated as (

    select
        subjects.*,
        scored.scheme,
        scored.score,
        coalesce(scored.is_rated, false) as is_rated,
        scored.weight_covered,
        ranking.ranking_score
    from subjects
    inner join {{ ref('int_scores__scored') }} as scored
        on subjects.subject_type = scored.subject_type
        and subjects.subject_id = scored.subject_id
        and subjects.period_type = scored.period_type
        and subjects.period_start = scored.period_start
    left join {{ ref('int_scores__ranked') }} as ranking
        on subjects.subject_type = ranking.subject_type
        and subjects.subject_id = ranking.subject_id
        and subjects.period_type = ranking.period_type
        and subjects.period_start = ranking.period_start

),

ranked as (

    select
        rated.*,
        case when is_rated then rank() over peers end as rank_number,
        case when is_rated then count(score) over (
                    partition by subject_type, role, period_type, period_start
                )
        end as rank_count
    from rated
    window peers as (
        partition by subject_type, role, period_type, period_start order by ranking_score desc nulls last
    )

)

select
    ranked.subject_type,
    ranked.subject_id,
    ranked.period_type,
    ranked.scheme,
    ranked.subject_label,
    ranked.site_id,
    ranked.site_label,
    ranked.vendor,
    ranked.department,
    ranked.team,
    ranked.role,
    ranked.period_label,
    tiers.tier,
    grades.data_grade,
    cast(null as {{ dbt.type_string() }}) as restated_data_grade,
    ranked.score,
    cast(null as double) as restated_score,
    ranked.ranking_score,
    earlier.score as previous_score,
    ranked.weight_covered,
    cast(null as double) as restated_weight_covered,
    tiers.tier_probability,
    cast(ranked.rank_number as integer) as rank,
    cast(ranked.rank_count as integer) as rank_count,
    ranked.is_rated,
    false as is_closed,
    ranked.period_start
from ranked
left join {{ ref('int_tiers__reviewed') }} as tiers
    on ranked.subject_type = tiers.subject_type
    and ranked.subject_id = tiers.subject_id
    and ranked.period_type = tiers.period_type
    and ranked.period_start = tiers.period_start
left join {{ ref('int_kpis__data_grades') }} as grades
    on ranked.period_type = grades.period_type
    and ranked.period_start = grades.period_start
    and coalesce(ranked.site_id, '*') = grades.site_id
left join {{ ref('int_scores__scored') }} as earlier
    on ranked.subject_type = earlier.subject_type
    and ranked.subject_id = earlier.subject_id
    and ranked.period_type = earlier.period_type
    and earlier.period_start = {{ previous_period('ranked') }}
order by period_type, period_start
