-- Rebuilt whole: evaluations are few, and what changes in them shows in the sums of their evaluation.
with judged as (

    select
        *,
        case
            when not is_applicable then null
            when max_points is null or max_points <= 0 then 'unknown_scale'
            when points is null then 'no_points'
            when points < 0 or points > max_points then 'off_scale'
            when weight < 0 then 'negative_weight'
        end as invalid_reason
    from {{ ref('stg_quality__items') }}

)

select
    evaluation_id,
    item,
    error_class,
    invalid_reason,
    -- An item without a weight is watched, not scored.
    coalesce(weight, 0) as weight,
    points,
    max_points,
    case when is_applicable and invalid_reason is null then points / max_points end as score,
    is_applicable,
    is_autofail,
    coalesce(is_applicable and invalid_reason is null and points < max_points, false) as is_missed
from judged
