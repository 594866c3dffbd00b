"""What finished pay must look like before it may be published."""

from __future__ import annotations

from expectations.rules import NoRows, Rule, Within

SCHEMA = "pay.marts"
LOOK_AT_PAY = (
    "look at these people in build/pay.duckdb (compensation_parts, statements); correct seeds/, "
    "the HR files or the model and run again."
)

SUITES: dict[str, list[Rule]] = {
    "compensation_inputs": [
        NoRows(
            name="nobody_unpaid",
            # Counted from the assignments, not from what pay made of them.
            query="select distinct employees.employee_id, months.period_start from "
            "(select distinct period_start, cast(period_start + interval 1 month as date) as "
            "period_end from marts.marts.scorecards where period_type = 'month') as months "
            "inner join marts.marts.dim_employee as employees "
            "on employees.valid_from < months.period_end "
            "and coalesce(employees.valid_to, months.period_end) > months.period_start "
            "inner join warehouse.seeds.pay_plans as plans "
            "on plans.role in (employees.role, '*') and employees.role is not null "
            "and greatest(months.period_start, employees.valid_from, plans.valid_from, "
            "coalesce(employees.hire_date, employees.valid_from)) "
            "< least(months.period_end, coalesce(employees.valid_to, months.period_end), "
            "coalesce(plans.valid_to, months.period_end)) "
            "where (employees.employee_id, months.period_start) not in "
            "(select (employee_id, period_start) from {batch}) "
            # Whom HR names after the closing is proposed as an adjustment.
            "and months.period_start not in "
            "(select period_start from warehouse.ledger.closed_periods)",
            what="People of a role with a plan are missing",
            expected="everybody who had a role with a plan on any day of the month",
            fix=LOOK_AT_PAY,
        ),
        NoRows(
            name="amounts_add_up",
            query="select employee_id, period_start, own_amount, team_amount, bonus_amount, "
            "award_amount, held_amount, adjustment_amount, total_amount from {batch} "
            "where bonus_amount <> own_amount + team_amount or total_amount <> "
            "bonus_amount + award_amount - held_amount + adjustment_amount "
            "or held_amount <> case when is_held then bonus_amount + award_amount else 0 end",
            what="An amount is not the sum of its parts",
            expected="total = own + team + awards - held + adjustments, to the minor unit",
            fix=LOOK_AT_PAY,
        ),
        NoRows(
            name="totals_meet",
            query="with totals as (select currency, period_start, sum(total_amount) as amount "
            "from {batch} group by currency, period_start), "
            "lines as (select currency, period_start, "
            "sum(case when kind = 'total' then amount end) as totals, "
            "sum(case when kind <> 'total' then amount end) as others "
            "from pay.marts.statements group by currency, period_start) "
            "select coalesce(totals.currency, lines.currency) as currency, "
            "coalesce(totals.period_start, lines.period_start) as period_start, "
            "totals.amount as inputs, lines.totals as statements, lines.others as lines "
            "from totals full join lines on totals.period_start = lines.period_start "
            "and totals.currency is not distinct from lines.currency "
            "where totals.amount is distinct from lines.totals "
            "or totals.amount is distinct from coalesce(lines.others, 0)",
            what="The control total of a currency differs from its statements",
            expected="per month and currency: compensation_inputs = statements = their lines",
            fix=LOOK_AT_PAY,
        ),
        NoRows(
            name="parts_and_awards_meet",
            query="with inputs as (select period_start, sum(bonus_amount) as bonus, "
            "sum(award_amount) as awards from {batch} group by period_start), "
            "parts as (select period_start, sum(own_amount + team_amount) as bonus "
            "from pay.marts.compensation_parts group by period_start), "
            "won as (select period_start, sum(amount) as awards "
            "from pay.marts.award_results where is_winner group by period_start) "
            "select inputs.*, parts.bonus as parts, won.awards as won from inputs "
            "left join parts on inputs.period_start = parts.period_start "
            "left join won on inputs.period_start = won.period_start "
            "where inputs.bonus <> coalesce(parts.bonus, 0) "
            "or inputs.awards <> coalesce(won.awards, 0)",
            what="Bonuses differ from the parts, or awards from their results",
            expected="the sums of compensation_parts and of the awards that were won",
            fix=LOOK_AT_PAY,
        ),
        NoRows(
            name="days_fit",
            query="select employee_id, period_start, paid_days, employed_days, month_days "
            "from {batch} where not (0 <= paid_days and paid_days <= employed_days "
            "and employed_days <= month_days)",
            what="More days are paid than there are",
            expected="days under a plan <= days employed <= days of the month",
            fix=LOOK_AT_PAY,
        ),
        Within(
            name="eligible",
            column="eligible_ratio",
            low=0,
            high=1,
            what="An eligible ratio lies outside its range",
            expected="eligible_ratio from 0 to 1",
            fix=LOOK_AT_PAY,
        ),
    ],
}
