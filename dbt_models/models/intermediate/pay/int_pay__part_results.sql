select
    inputs.employee_id,
    cast(inputs.part_number as integer) as part_number,
    inputs.role,
    inputs.plan,
    inputs.rule,
    inputs.scheme,
    inputs.counted_team as team,
    inputs.data_grade,
    inputs.gate_kpi,
    inputs.currency,
    array_to_string(paid.hold_reasons, '; ') as hold_reason,
    cast(inputs.base_pay as decimal(18, 4)) as base_pay,
    cast(inputs.days as integer) as days,
    cast(inputs.month_days as integer) as month_days,
    cast(coalesce(inputs.scheduled_seconds, 0) as bigint) as scheduled_seconds,
    cast(coalesce(inputs.unpaid_seconds, 0) as bigint) as unpaid_seconds,
    paid.period_score,
    paid.score,
    paid.team_score,
    inputs.gate_value,
    cast(coalesce(inputs.team_share, '0') as decimal(9, 6)) as team_share,
    paid.bonus_ratio,
    paid.team_bonus_ratio,
    paid.own_amount,
    paid.team_amount,
    inputs.period_start,
    inputs.part_start,
    inputs.part_end
from {{ ref('int_pay__part_inputs') }} as inputs
inner join {{ ref('int_pay__parts') }} as paid
    on inputs.employee_id = paid.employee_id
    and inputs.period_start = paid.period_start
    and inputs.part_number = paid.part_number
