-- depends_on: {{ ref('int_people__changed_reviews') }}
select
    review_id,
    employee_id,
    rater_id,
    site_id,
    source,
    criterion,
    rating,
    scale_max,
    rating_ratio,
    work_date,
    rated_at
from {{ ref('int_people__reviews') }}
