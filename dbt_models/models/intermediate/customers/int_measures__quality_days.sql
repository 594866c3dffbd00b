-- What evaluators and complaints say of each agent's contacts on each day. Calibrations train the
-- evaluators and rate nobody; a complaint that nobody has decided counts in neither direction.
with evaluations as (

    select
        {{ agent_subject('employee_id', 'null') }} as subject_id,
        site_id,
        work_date,
        count(*) as quality_evaluations,
        {{ exact_sum('earned_weight') }} as quality_points,
        {{ exact_sum('applicable_weight') }} as quality_weight,
        {{ count_where('not has_customer_error') }} as without_customer_error,
        {{ count_where('not has_business_error') }} as without_business_error,
        {{ count_where('not has_compliance_error') }} as without_compliance_error
    from {{ ref('fct_quality_evaluations') }}
    where not is_calibration
        and not is_excluded
        and {{ touched_days_only('work_date', 'int_measures__rebuilt_days') }}
    group by 1, 2, 3

),

complaints as (

    select
        {{ agent_subject('employee_id', 'agent_login') }} as subject_id,
        site_id,
        work_date,
        count(*) as valid_complaints
    from {{ ref('fct_complaints') }}
    where is_valid and not is_excluded and {{ touched_days_only('work_date', 'int_measures__rebuilt_days') }}
    group by 1, 2, 3

)

{{ long_measures({
    'evaluations': [
        'quality_evaluations', 'quality_points', 'quality_weight', 'without_customer_error',
        'without_business_error', 'without_compliance_error'
    ],
    'complaints': ['valid_complaints'],
}, 'subject_id, site_id, work_date') }}
