-- Each source's mean rating of a person in a period, weighted by source. A source without ratings, or
-- with too few raters, leaves the denominator. Decimals, since sums of doubles depend on their order.
with rated as (

    {%- for period_type in period_types() %}
    select
        reviews.employee_id,
        '{{ period_type }}' as period_type,
        periods.period_start,
        periods.reference_date,
        reviews.source,
        count(*) as review_count,
        count(distinct coalesce(reviews.rater_id, reviews.review_id)) as rater_count,
        cast(
            cast(sum(cast(reviews.rating_ratio as decimal(18, 9))) as double) / count(*)
            as decimal(18, 9)
        ) as rating_ratio
    from {{ ref('fct_reviews') }} as reviews
    inner join {{ ref('int_kpis__periods') }} as periods
        on periods.period_type = '{{ period_type }}'
        and cast(date_trunc('{{ period_type }}', reviews.work_date) as date) = periods.period_start
    where reviews.rating_ratio is not null
    group by 1, 2, 3, 4, 5
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

-- The role that a person had last in the period decides.
roles as (

    select
        rated.*,
        employees.role,
        row_number() over (
            partition by rated.employee_id, rated.period_type, rated.period_start, rated.source
            order by employees.valid_from desc nulls last
        ) as recency
    from rated
    left join {{ ref('dim_employee') }} as employees
        on rated.employee_id = employees.employee_id
        and employees.valid_from <= rated.reference_date
        and (employees.valid_to > rated.period_start or employees.valid_to is null)

),

weighted as (

    select
        roles.*,
        weights.weight,
        weights.minimum_raters,
        row_number() over (
            partition by roles.employee_id, roles.period_type, roles.period_start, roles.source
            order by case when weights.role = '*' then 1 else 0 end
        ) as fit
    from roles
    inner join {{ ref('review_sources') }} as weights
        on roles.source = weights.source
        and weights.role in (coalesce(roles.role, '*'), '*')
        and weights.valid_from <= roles.reference_date
        and (weights.valid_to > roles.reference_date or weights.valid_to is null)
    where roles.recency = 1

)

select
    'employee' as subject_type,
    employee_id as subject_id,
    period_type,
    sum(review_count) as review_count,
    cast(sum(cast(weight as decimal(9, 6)) * rating_ratio) as double)
    / cast(sum(cast(weight as decimal(9, 6))) as double) as value,
    period_start
from weighted
where fit = 1 and rater_count >= minimum_raters and weight > 0
group by 1, 2, 3, 6
