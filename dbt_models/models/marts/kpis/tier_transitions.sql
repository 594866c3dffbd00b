{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        on_schema_change="fail",
        pre_hook="{{ delete_touched('period_start', ref('int_kpis__periods') ~ \" where is_published and period_type = 'quarter'\") }}",
    )
}}

select
    reviewed.subject_type,
    reviewed.subject_id,
    subjects.subject_label,
    subjects.site_id,
    subjects.team,
    subjects.role,
    periods.period_label,
    reviewed.previous_tier,
    reviewed.tier,
    reviewed.movement,
    reviewed.reason,
    reviewed.held_tier,
    reviewed.held_role,
    candidates.score,
    reviewed.tier_probability,
    reviewed.higher_probability,
    reviewed.lower_probability,
    {{ add_seconds('cast(periods.period_end as timestamp)', -1) }} <= timestamp '{{ var("as_of") }}' as is_final,
    reviewed.period_start
from {{ ref('int_tiers__reviewed') }} as reviewed
inner join {{ ref('int_tiers__candidates') }} as candidates
    on reviewed.subject_type = candidates.subject_type
    and reviewed.subject_id = candidates.subject_id
    and reviewed.period_type = candidates.period_type
    and reviewed.period_start = candidates.period_start
inner join {{ ref('int_kpis__periods') }} as periods
    on reviewed.period_type = periods.period_type
    and reviewed.period_start = periods.period_start
inner join {{ ref('int_kpis__subjects') }} as subjects
    on reviewed.subject_type = subjects.subject_type
    and reviewed.subject_id = subjects.subject_id
    and reviewed.period_type = subjects.period_type
    and reviewed.period_start = subjects.period_start
where reviewed.period_type = 'quarter'
