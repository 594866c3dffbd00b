-- What customers said of each agent's contacts on each day.
with answers as (

    select
        {{ agent_subject('employee_id', 'agent_login') }} as subject_id,
        site_id,
        work_date,
        {{ count_where("question = 'csat'") }} as csat_answers,
        {{ count_where('is_top_answer') }} as csat_top_answers,
        {{ count_where("question = 'nps'") }} as nps_answers,
        sum(promoter_balance) as nps_balance,
        {{ count_where("question = 'ces'") }} as ces_answers,
        {{ exact_sum('ease_points') }} as ces_points,
        {{ count_where("question = 'resolved'") }} as resolved_answers,
        {{ count_where('is_resolved') }} as resolved_yes_answers
    from {{ ref('fct_surveys') }}
    where is_valid and not is_excluded and {{ touched_days_only('work_date', 'int_measures__rebuilt_days') }}
    group by 1, 2, 3

)

{{ long_measures({
    'answers': [
        'csat_answers', 'csat_top_answers', 'nps_answers', 'nps_balance', 'ces_answers', 'ces_points',
        'resolved_answers', 'resolved_yes_answers'
    ],
}, 'subject_id, site_id, work_date') }}
