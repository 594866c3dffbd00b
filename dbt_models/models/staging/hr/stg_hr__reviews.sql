-- What was rated after `as_of` must not hide an earlier version, so it goes first.
with known as (

    select
        ratings.*,
        sites.site_id,
        sites.time_zone,
        {{ landed_utc('ratings.rated_at', 'clocks.time_zone') }} as rated_utc_at
    from {{ source('raw', 'hr_reviews') }} as ratings
    {{ site_of_employee('ratings', 'cast(ratings.rated_at as date)') }}
    where {{ landed_utc('ratings.rated_at', 'clocks.time_zone') }} <= timestamp '{{ var("as_of") }}'

),

newest as (

    {{ newest_rows('known', ['review_id']) }}

)

select
    review_id,
    employee_id,
    rater_id,
    site_id,
    lower(source) as source,
    lower(criterion) as criterion,
    cast(rating as double) as rating,
    cast(scale_max as double) as scale_max,
    cast({{ to_local('rated_utc_at', 'time_zone') }} as date) as work_date,
    rated_utc_at as rated_at
from newest
