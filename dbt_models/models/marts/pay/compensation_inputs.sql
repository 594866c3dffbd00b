-- The parts of a month added up; where one figure stands for all of them, it is that of the last part.
with parts as (

    select
        employee_id,
        period_start,
        max_by(role, part_number) as role,
        string_agg(distinct plan, '; ' order by plan) as plan,
        max_by(scheme, part_number) as scheme,
        max_by(data_grade, part_number) as data_grade,
        max(base_pay) as base_pay,
        max(period_score) as score,
        count(*) as part_count,
        sum(days) as paid_days,
        max(scheduled_seconds) as scheduled_seconds,
        max(unpaid_seconds) as unpaid_seconds,
        sum(own_amount) as own_amount,
        sum(team_amount) as team_amount
    from {{ ref('int_pay__part_results') }}
    group by employee_id, period_start

),

employed as (

    select
        employee_id,
        period_start,
        max_by(site_id, part_number) as site_id,
        max_by(team, part_number) as team,
        max(employed_days) as employed_days
    from {{ ref('int_pay__part_days') }}
    group by employee_id, period_start

),

today as (

    select
        statements.employee_id,
        strftime(statements.period_start, '%Y-%m') as period_label,
        people.full_name,
        employed.site_id,
        employed.team,
        parts.role,
        parts.plan,
        coalesce(parts.scheme, scorecards.scheme) as scheme,
        coalesce(parts.data_grade, scorecards.data_grade) as data_grade,
        statements.currency,
        statements.hold_reason,
        statements.awards,
        cast(coalesce(parts.part_count, 0) as integer) as part_count,
        cast(coalesce(employed.employed_days, 0) as integer) as employed_days,
        cast(coalesce(parts.paid_days, 0) as integer) as paid_days,
        cast(months.month_days as integer) as month_days,
        cast(coalesce(parts.scheduled_seconds, 0) as bigint) as scheduled_seconds,
        cast(coalesce(parts.unpaid_seconds, 0) as bigint) as unpaid_seconds,
        parts.score,
        -- The ratios are for reading; amounts come from whole days and seconds.
        cast(coalesce(employed.employed_days, 0) as double) / months.month_days as employed_ratio,
        coalesce(
            cast(parts.scheduled_seconds - parts.unpaid_seconds as double) / nullif(parts.scheduled_seconds, 0), 1
        ) as eligible_ratio,
        cast(parts.base_pay as decimal(18, 4)) as base_pay,
        cast(coalesce(parts.own_amount, 0) as decimal(18, 3)) as own_amount,
        cast(coalesce(parts.team_amount, 0) as decimal(18, 3)) as team_amount,
        statements.bonus_amount,
        statements.award_amount,
        statements.held_amount,
        statements.adjustment_amount,
        statements.total_amount,
        coalesce(scorecards.is_rated, false) as is_rated,
        coalesce(parts.scheduled_seconds, 0) > 0 as has_schedule,
        statements.hold_reason is not null as is_held,
        months.is_final,
        statements.period_start
    from {{ ref('int_pay__statements') }} as statements
    inner join {{ ref('int_pay__months') }} as months on statements.period_start = months.period_start
    left join {{ ref('stg_hr__employees') }} as people on statements.employee_id = people.employee_id
    left join parts
        on statements.employee_id = parts.employee_id
        and statements.period_start = parts.period_start
    left join employed
        on statements.employee_id = employed.employee_id
        and statements.period_start = employed.period_start
    left join {{ ref('scorecards') }} as scorecards
        on scorecards.subject_type = 'employee'
        and scorecards.subject_id = statements.employee_id
        and scorecards.period_type = 'month'
        and scorecards.period_start = statements.period_start

)

{{ as_closed('compensation_inputs', 'today', ['employee_id', 'period_start'], is_whole=true) }}
