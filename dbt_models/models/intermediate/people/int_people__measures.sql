-- What a person's day says of attendance, employment, training, reviews and output.
with adherence as (

    select employee_id as subject_id, site_id, work_date, adherence_seconds, adherent_seconds
    from {{ ref('int_people__adherence') }}

),

attendance as (

    select
        employee_id as subject_id,
        site_id,
        work_date,
        sum(planned_seconds) as scheduled_seconds,
        sum(case when is_unplanned then planned_seconds else 0 end) as unplanned_absent_seconds
    from {{ ref('int_people__attendance') }}
    where coalesce(absence_kind, '') not in ({{ literals(var('statutory_absence_kinds')) }})
    group by employee_id, site_id, work_date

),

headcount as (

    select employee_id as subject_id, site_id, work_date, headcount_days, leaver_days
    from {{ ref('int_people__headcount') }}

),

due_courses as (

    select
        courses.employee_id as subject_id,
        courses.site_id,
        courses.due_date as work_date,
        count(*) as courses_due,
        {{ count_where('courses.is_completed_in_time') }} as courses_completed_in_time
    from {{ ref('fct_training') }} as courses
    inner join {{ ref('int_people__calendar') }} as calendar on courses.due_date = calendar.work_date
    where courses.is_due and {{ touched_days_only('courses.due_date', 'int_measures__rebuilt_days') }}
    group by courses.employee_id, courses.site_id, courses.due_date

),

tested_courses as (

    select
        employee_id as subject_id,
        site_id,
        completed_date as work_date,
        count(*) as courses_tested,
        {{ exact_sum('gain_points') }} as gained_points
    from {{ ref('fct_training') }}
    where gain_points is not null
        and completed_date <= cast(timestamp '{{ var("as_of") }}' as date)
        and {{ touched_days_only('completed_date', 'int_measures__rebuilt_days') }}
    group by employee_id, site_id, completed_date

),

-- What is handled without a log-in that the telephony tells of has no hour to stand in.
productive as (

    select
        handled.subject_id,
        handled.site_id,
        handled.work_date,
        handled.amount as handled_while_logged_in
    from {{ ref('int_measures__agent_days') }} as handled
    inner join {{ ref('int_measures__agent_days') }} as hours
        on handled.subject_id = hours.subject_id
        and handled.site_id = hours.site_id
        and handled.work_date = hours.work_date
        and hours.measure = 'logged_in_seconds'
    where handled.measure = 'handled'

),

reviews as (

    select
        employee_id as subject_id,
        site_id,
        work_date,
        count(*) as reviews
    from {{ ref('fct_reviews') }}
    where rating_ratio is not null
        and work_date <= cast(timestamp '{{ var("as_of") }}' as date)
        and {{ touched_days_only('work_date', 'int_measures__rebuilt_days') }}
    group by employee_id, site_id, work_date

)

{{ long_measures({
    'adherence': ['adherence_seconds', 'adherent_seconds'],
    'attendance': ['scheduled_seconds', 'unplanned_absent_seconds'],
    'headcount': ['headcount_days', 'leaver_days'],
    'due_courses': ['courses_due', 'courses_completed_in_time'],
    'tested_courses': ['courses_tested', 'gained_points'],
    'productive': ['handled_while_logged_in'],
    'reviews': ['reviews'],
}, 'subject_id, site_id, work_date') }}
