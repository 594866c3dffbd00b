-- Everything that pays a part, in one row: `pay.py` computes from these columns and nothing else.
select
    parts.employee_id,
    parts.part_number,
    parts.role,
    parts.counted_team,
    plans.plan,
    plans.rule,
    plans.floor,
    plans.target_share,
    plans.cap,
    plans.gate_kpi,
    plans.gate_minimum,
    plans.minimum_data_grade,
    plans.team_share,
    scores.scheme,
    scores.data_grade,
    scores.gate_shape,
    base_pay.currency,
    base_pay.base_pay,
    parts.days,
    months.month_days,
    hours.scheduled_seconds,
    hours.unpaid_seconds,
    scores.period_score,
    scores.score,
    scores.team_score,
    scores.gate_value,
    bands.middle_score,
    bands.high_score,
    parts.period_start,
    parts.part_start,
    parts.part_end
from {{ ref('int_pay__part_days') }} as parts
inner join {{ ref('int_pay__months') }} as months on parts.period_start = months.period_start
inner join {{ ref('pay_plans') }} as plans
    on parts.plan = plans.plan
    and parts.plan_role = plans.role
    and parts.plan_valid_from = plans.valid_from
inner join {{ ref('int_pay__part_scores') }} as scores
    on parts.employee_id = scores.employee_id
    and parts.period_start = scores.period_start
    and parts.part_number = scores.part_number
left join {{ ref('int_pay__base_pay') }} as base_pay
    on parts.employee_id = base_pay.employee_id
    and parts.period_start = base_pay.period_start
left join {{ ref('int_pay__hours') }} as hours
    on parts.employee_id = hours.employee_id
    and parts.period_start = hours.period_start
left join {{ ref('int_pay__bands') }} as bands
    on parts.employee_id = bands.employee_id
    and parts.period_start = bands.period_start
    and parts.part_number = bands.part_number
