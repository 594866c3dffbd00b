select
    review_id,
    employee_id,
    rater_id,
    site_id,
    source,
    criterion,
    rating,
    scale_max,
    -- A rating off its scale says nothing.
    case when rating between 0 and scale_max then rating / nullif(scale_max, 0) end as rating_ratio,
    work_date,
    rated_at
from {{ ref('stg_hr__reviews') }}
