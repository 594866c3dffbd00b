-- What a person may know of the ratings: never one rater's own, and nothing of a source with too few raters.
with rated as (

    select
        employee_id,
        source,
        criterion,
        -- A rating without a rater counts as one of its own.
        count(distinct coalesce(rater_id, review_id)) as rater_count,
        cast(sum(cast(rating_ratio as decimal(18, 9))) as double) / count(*) as rating_ratio,
        max(work_date) as last_date,
        cast(date_trunc('quarter', work_date) as date) as period_start
    from {{ ref('fct_reviews') }}
    where rating_ratio is not null
    group by employee_id, source, criterion, cast(date_trunc('quarter', work_date) as date)

),

judged as (

    select
        rated.*,
        rules.minimum_raters,
        row_number() over (
            partition by rated.employee_id, rated.source, rated.criterion, rated.period_start
            order by case when rules.role = '*' then 1 else 0 end
        ) as fit
    from rated
    left join {{ ref('dim_employee') }} as employees
        on rated.employee_id = employees.employee_id
        and employees.valid_from <= rated.last_date
        and (employees.valid_to > rated.last_date or employees.valid_to is null)
    left join {{ ref('review_sources') }} as rules
        on rated.source = rules.source
        and rules.role in (coalesce(employees.role, '*'), '*')
        and rules.valid_from <= rated.last_date
        and (rules.valid_to > rated.last_date or rules.valid_to is null)

)

select
    employee_id,
    source,
    criterion,
    cast(rater_count as integer) as rater_count,
    case when rater_count >= minimum_raters then rating_ratio end as rating_ratio,
    coalesce(rater_count >= minimum_raters, false) as is_shown,
    period_start
from judged
where fit = 1
