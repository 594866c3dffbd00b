-- What each subject brings to the review of a period. Whoever has a target on the ramp on the period's
-- last day is still new in the job.
with ramped as (

    select
        parts.subject_type,
        parts.subject_id,
        parts.period_type,
        parts.period_start,
        parts.part_end,
        parts.target_factor
    from {{ ref('int_scores__parts') }} as parts
    where parts.target_factor <> 1

),

onboarding as (

    select distinct
        ramped.subject_type,
        ramped.subject_id,
        ramped.period_type,
        ramped.period_start
    from ramped
    inner join {{ ref('int_kpis__periods') }} as periods
        on ramped.period_type = periods.period_type
        and ramped.period_start = periods.period_start
        and ramped.part_end > periods.reference_date

)

select
    scored.subject_type,
    scored.subject_id,
    scored.period_type,
    subjects.role,
    case when scored.is_rated then scored.score end as score,
    scored.weight_covered,
    onboarding.subject_id is not null as is_onboarding,
    scored.period_start,
    periods.reference_date
from {{ ref('int_scores__scored') }} as scored
inner join {{ ref('int_kpis__periods') }} as periods
    on scored.period_type = periods.period_type
    and scored.period_start = periods.period_start
    and periods.is_published
inner join {{ ref('int_kpis__subjects') }} as subjects
    on scored.subject_type = subjects.subject_type
    and scored.subject_id = subjects.subject_id
    and scored.period_type = subjects.period_type
    and scored.period_start = subjects.period_start
left join onboarding
    on scored.subject_type = onboarding.subject_type
    and scored.subject_id = onboarding.subject_id
    and scored.period_type = onboarding.period_type
    and scored.period_start = onboarding.period_start
