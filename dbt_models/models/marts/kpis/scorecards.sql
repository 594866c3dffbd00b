{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        on_schema_change="fail",
        pre_hook="{{ delete_touched('period_type, period_start', ref('int_kpis__periods') ~ ' where is_published') }}",
    )
}}

with subjects as (

    select distinct
        subject_type, subject_id, subject_label, period_type, period_start, period_label, reference_date,
        site_id, site_label, vendor, department, team, role, hire_date
    from {{ ref('int_kpis__attained') }}
    where is_published

),

rated as (

    select
        subjects.*,
        scored.scheme,
        scored.score,
        coalesce(scored.is_rated, false) as is_rated,
        scored.weight_covered,
        coalesce(
            subjects.subject_type = 'employee'
            and {{ add_days('subjects.hire_date', var('onboarding_days')) }} > subjects.reference_date,
            false
        ) as is_onboarding
    from subjects
    inner join {{ ref('int_kpis__scored') }} as scored
        on subjects.subject_type = scored.subject_type
        and subjects.subject_id = scored.subject_id
        and subjects.period_type = scored.period_type
        and subjects.period_start = scored.period_start

),

tiered as (

    select
        rated.subject_type,
        rated.subject_id,
        rated.period_type,
        rated.period_start,
        max_by(rules.tier, coalesce(rules.entry_score, -1)) as tier
    from rated
    inner join {{ ref('tier_rules') }} as rules
        on rules.role in (coalesce(rated.role, '*'), '*')
        and rules.valid_from <= rated.reference_date
        and (rules.valid_to > rated.reference_date or rules.valid_to is null)
        and rated.score >= coalesce(rules.entry_score, 0)
    group by 1, 2, 3, 4

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
        partition by subject_type, role, period_type, period_start order by score desc nulls last
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
    case
        when not ranked.is_rated then 'not_rated'
        when ranked.is_onboarding then 'onboarding'
        else tiered.tier
    end as tier,
    grades.data_grade,
    ranked.score,
    earlier.score as previous_score,
    ranked.weight_covered,
    cast(ranked.rank_number as integer) as rank,
    cast(ranked.rank_count as integer) as rank_count,
    ranked.is_rated,
    ranked.period_start
from ranked
left join tiered
    on ranked.subject_type = tiered.subject_type
    and ranked.subject_id = tiered.subject_id
    and ranked.period_type = tiered.period_type
    and ranked.period_start = tiered.period_start
left join {{ ref('int_kpis__data_grades') }} as grades
    on ranked.period_type = grades.period_type
    and ranked.period_start = grades.period_start
    and coalesce(ranked.site_id, '*') = grades.site_id
left join {{ ref('int_kpis__scored') }} as earlier
    on ranked.subject_type = earlier.subject_type
    and ranked.subject_id = earlier.subject_id
    and ranked.period_type = earlier.period_type
    and earlier.period_start = {{ previous_period('ranked') }}
