-- What each part is paid by today, closed or not: its score, its team's, the gate's KPI and the grade of the data.
select
    parts.employee_id,
    parts.part_number,
    scorecards.scheme,
    coalesce({{ restated('scorecards', 'data_grade') }}, grades.data_grade) as data_grade,
    gates.shape as gate_shape,
    {{ restated('scorecards', 'score') }} as period_score,
    -- A role without anything to score is paid by the whole month.
    case when roles.role_count > 1 then roles.score else {{ restated('scorecards', 'score') }} end as score,
    {{ restated('teams', 'score') }} as team_score,
    {{ restated('gates', 'value') }} as gate_value,
    parts.period_start
from {{ ref('int_pay__part_days') }} as parts
left join {{ ref('pay_plans') }} as plans
    on parts.plan = plans.plan
    and parts.plan_role = plans.role
    and parts.plan_valid_from = plans.valid_from
left join {{ ref('scorecards') }} as scorecards
    on scorecards.subject_type = 'employee'
    and scorecards.subject_id = parts.employee_id
    and scorecards.period_type = 'month'
    and scorecards.period_start = parts.period_start
left join {{ ref('int_pay__role_scores') }} as roles
    on roles.employee_id = parts.employee_id
    and roles.period_start = parts.period_start
    and roles.role = parts.role
left join {{ ref('scorecards') }} as teams
    on teams.subject_type = 'team'
    and teams.subject_id = parts.counted_team
    and teams.period_type = 'month'
    and teams.period_start = parts.period_start
left join {{ ref('kpi_results') }} as gates
    on gates.subject_type = 'employee'
    and gates.subject_id = parts.employee_id
    and gates.period_type = 'month'
    and gates.period_start = parts.period_start
    and gates.kpi_code = plans.gate_kpi
left join {{ ref('int_kpis__data_grades') }} as grades
    on grades.period_type = 'month'
    and grades.period_start = parts.period_start
    and grades.site_id = parts.site_id
where parts.plan is not null
