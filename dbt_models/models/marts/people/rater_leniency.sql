-- How a rater's ratings differ from those that others gave the same people. Sources differ among
-- themselves, so each is measured from the middle of its raters; what people say of themselves is left out.
with ratings as (

    select
        rater_id,
        source,
        employee_id,
        count(*) as review_count,
        sum(rating_ratio) as rating_total
    from {{ ref('fct_reviews') }}
    where rating_ratio is not null
        and rater_id is not null
        and source <> 'self'
        and rater_id <> employee_id
    group by rater_id, source, employee_id

),

source_levels as (

    select source, median(mean_ratio) as level_ratio
    from (
        select source, rater_id, sum(rating_total) / sum(review_count) as mean_ratio
        from ratings
        group by source, rater_id
    ) as raters
    group by source

),

levelled as (

    select
        ratings.*,
        ratings.rating_total / ratings.review_count - source_levels.level_ratio as mean_difference
    from ratings
    inner join source_levels on ratings.source = source_levels.source

),

-- The middle of the others, so that one lenient rater does not make the rest look strict.
compared as (

    select
        mine.rater_id,
        mine.source,
        mine.employee_id,
        mine.review_count,
        mine.rating_total,
        mine.mean_difference - median(others.mean_difference) as difference
    from levelled as mine
    left join levelled as others
        on mine.employee_id = others.employee_id and mine.rater_id <> others.rater_id
    group by
        mine.rater_id, mine.source, mine.employee_id, mine.review_count, mine.rating_total,
        mine.mean_difference

),

summed as (

    select
        rater_id,
        source,
        count(difference) as compared_employee_count,
        sum(review_count) as review_count,
        round(sum(rating_total) / sum(review_count), 6) as mean_rating_ratio,
        round(avg(difference), 6) as leniency_ratio,
        round(stddev_samp(difference) / sqrt(count(difference)), 6) as standard_error
    from compared
    group by rater_id, source

)

select
    rater_id,
    source,
    cast(compared_employee_count as bigint) as compared_employee_count,
    cast(review_count as bigint) as review_count,
    mean_rating_ratio,
    leniency_ratio,
    leniency_ratio - 1.959964 * standard_error as lower_bound,
    leniency_ratio + 1.959964 * standard_error as upper_bound,
    -- Three standard errors, since many raters are looked at together.
    coalesce(
        compared_employee_count >= {{ var('leniency_minimum_employees') }}
        and leniency_ratio > {{ var('leniency_margin') }}
        and leniency_ratio - 3 * standard_error > 0,
        false
    ) as is_lenient
from summed
