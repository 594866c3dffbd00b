-- What happened after `as_of` has not happened: such a course is still to be completed.
with newest as (

    {{ latest_by_key('hr_training', ['training_id']) }}

),

placed as (

    select
        newest.*,
        sites.site_id,
        sites.time_zone,
        case
            when
                {{ landed_utc('newest.completed_at', 'clocks.time_zone') }}
                <= timestamp '{{ var("as_of") }}'
                then {{ landed_utc('newest.completed_at', 'clocks.time_zone') }}
        end as completed_utc_at
    from newest
    {{ site_of_employee('newest', 'coalesce(newest.due_date, cast(newest.completed_at as date))') }}

)

select
    training_id,
    employee_id,
    site_id,
    course,
    cast(pre_score as double) as pre_score,
    case when completed_utc_at is not null then cast(post_score as double) end as post_score,
    cast(max_score as double) as max_score,
    due_date,
    cast({{ to_local('completed_utc_at', 'time_zone') }} as date) as completed_date,
    completed_utc_at as completed_at
from placed
