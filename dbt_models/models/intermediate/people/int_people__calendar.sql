-- The days of every month with contacts or planned work, up to `as_of`: people are counted on all of
-- them, closed days too.
with months as (

    select distinct cast(date_trunc('month', work_date) as date) as month_start
    from {{ ref('fct_contacts') }}
    union
    select distinct cast(date_trunc('month', work_date) as date) as month_start
    from {{ ref('int_people__schedules') }}
    where started_at <= timestamp '{{ var("as_of") }}'

),

days as (

    select
        months.month_start,
        {{ add_days('months.month_start', 'cast(later.n as integer)') }} as work_date
    from months
    cross join {{ number_series(0, 30) }} as later

)

select work_date
from days
where cast(date_trunc('month', work_date) as date) = month_start
    and work_date <= cast(timestamp '{{ var("as_of") }}' as date)
