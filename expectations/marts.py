"""What the finished marts must look like before they may be published."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from dagster_project.lib.quality import Severity
from expectations import pay
from expectations.rules import NoRows, Rule, Within

SCHEMA = "marts.marts"
LOOK_AT_MODEL = (
    "look at the rows in build/marts.duckdb; something upstream of this mart drops or doubles "
    "rows. Correct the model or the input and run again."
)
UNEXPECTED_CHANGE = (
    "if the change is meant, there is nothing to do; else compare build/marts.duckdb with "
    "serving/marts.duckdb before the next run."
)

SUITES: dict[str, list[Rule]] = {
    "dim_employee": [
        NoRows(
            name="nobody_lost",
            query="select distinct employee_id from hr_employees where employee_id not in "
            "(select employee_id from {batch}) and (updated_at is null "
            "or updated_at <= (select as_of from marts.marts.publication))",
            what="Employees of the HR file are missing",
            expected="every employee_id of hr_employees",
            fix=LOOK_AT_MODEL,
        ),
    ],
    "fct_contacts": [
        NoRows(
            name="visits_and_legs_meet",
            query="select * from (select sum(queue_visit_count) as visits_of_contacts, "
            "sum(leg_count) as legs_of_contacts from {batch}) as contacts, "
            "(select count(*) as visits from marts.marts.fct_queue_visits) as visits, "
            "(select count(*) as legs from marts.marts.fct_contact_legs "
            "where contact_id is not null) as legs "
            "where visits_of_contacts <> visits or legs_of_contacts <> legs",
            what="Contacts count other visits or legs than there are",
            expected="the same number of visits and legs in all three facts",
            fix=LOOK_AT_MODEL,
        ),
        Within(
            name="sane_wait",
            column="wait_seconds",
            low=0,
            what="A contact waited a negative time",
            expected="wait_seconds of at least 0",
            fix=LOOK_AT_MODEL,
        ),
    ],
    "fct_contact_legs": [
        Within(
            name="sane_talk",
            column="talk_seconds",
            low=0,
            what="A leg has a negative talk time",
            expected="talk_seconds of at least 0",
            fix=LOOK_AT_MODEL,
        ),
    ],
    "reconciliation": [
        NoRows(
            name="reasons_explain_differences",
            query="select site_id, work_date, comparison, left_count, right_count, "
            "sum(reason_count) as explained from {batch} "
            "group by site_id, work_date, comparison, left_count, right_count "
            "having right_count - left_count <> sum(reason_count)",
            what="Two counts differ by more than their reasons explain",
            expected="right_count - left_count = sum of reason_count",
            fix=LOOK_AT_MODEL,
        ),
    ],
    "fct_measures": [
        NoRows(
            name="work_is_measured",
            query="select legs.work_date, legs.handled, measures.amount from "
            "(select work_date, count(*) as handled from marts.marts.fct_contact_legs "
            "where queue_id is not null and not is_excluded group by work_date) as legs "
            "left join "
            "(select work_date, sum(amount) as amount from {batch} "
            "where subject_type = 'employee' and measure = 'handled' group by work_date) "
            "as measures on legs.work_date = measures.work_date "
            "where measures.amount is null or abs(measures.amount - legs.handled) > 0.5",
            what="Answered calls are missing from the employees' measures",
            expected="handled of all employees = legs of the day",
            fix=LOOK_AT_MODEL,
        ),
        NoRows(
            name="totals_meet",
            query="select * from (select measure, "
            "sum(case when subject_type = 'company' then amount else 0 end) as company, "
            "sum(case when subject_type = 'site' then amount else 0 end) as sites, "
            "sum(case when subject_type = 'vendor' then amount else 0 end) as vendors, "
            "sum(case when subject_type = 'employee' then amount else 0 end) as employees, "
            "max(case when subject_type = 'employee' then 1 else 0 end) as is_of_employees "
            "from {batch} group by measure) as totals "
            "where abs(company - sites) > 1e-6 * (1 + abs(company)) "
            "or abs(company - vendors) > 1e-6 * (1 + abs(company)) "
            "or (is_of_employees = 1 and abs(company - employees) > 1e-6 * (1 + abs(company)))",
            what="Sums over the parts differ from the whole",
            expected="company = all sites = all vendors = all employees, for every measure",
            fix=LOOK_AT_MODEL,
        ),
    ],
    "kpi_results": [
        NoRows(
            name="weights_sum_to_one",
            query="select subject_type, subject_id, period_type, period_start, "
            "sum(effective_weight) as effective_weight from {batch} "
            "where effective_weight is not null "
            "group by subject_type, subject_id, period_type, period_start "
            # A KPI that came after the closing stands beside the closed ones.
            "having abs(sum(effective_weight) - 1) > 1e-6 and not bool_or(is_closed)",
            what="The weights behind a score do not sum to 1",
            expected="a sum of effective weights of 1 for every rated subject and period",
            fix="check seeds/kpi_weights.csv for this role and these dates, then the models.",
        ),
        NoRows(
            name="ratios_in_range",
            query="select subject_type, subject_id, period_type, period_start, kpi_code, value "
            "from {batch} where unit = 'ratio' and (value < 0 or value > 1 + 1e-9)",
            what="A ratio lies outside its range",
            expected="ratios from 0 to 1",
            fix=LOOK_AT_MODEL,
        ),
        NoRows(
            name="drift",
            query="select results.kpi_code, results.period_label, "
            "before.value as published, results.value as built "
            "from (select * from {batch}) as results "
            "inner join published.marts.kpi_results as before "
            "on before.subject_type = 'company' and results.subject_type = 'company' "
            "and before.period_type = 'month' and results.period_type = 'month' "
            "and before.period_start = results.period_start "
            "and before.kpi_code = results.kpi_code "
            "where before.is_final and before.period_start < "
            "(select date_trunc('month', max(data_until)) from published.marts.publication) "
            "and abs(results.value - before.value) > 0.1 * abs(before.value)",
            what="A finished month's company KPI changed by more than a tenth",
            expected="the published value of past months, give or take a tenth",
            fix=UNEXPECTED_CHANGE,
            severity=Severity.WARN,
            needs_published=True,
        ),
    ],
    "scorecards": [
        NoRows(
            name="rated_have_scores",
            query="select subject_type, subject_id, period_type, period_start "
            "from {batch} where is_rated and score is null",
            what="A rated subject has no score",
            expected="a score wherever is_rated",
            fix=LOOK_AT_MODEL,
        ),
    ],
    "publication": [
        NoRows(
            name="one_row",
            query="select * from (select count(*) as rows from {batch}) as counted where rows <> 1",
            what="The publication does not describe itself in one row",
            expected="one row",
            fix=LOOK_AT_MODEL,
        ),
        NoRows(
            name="no_mart_emptied",
            query="select mart, rows_before, rows_now from mart_rows "
            "where (select count(*) from {batch}) >= 0 "
            # That there is nothing to report any more is good news.
            "and rows_before > 0 and rows_now = 0 "
            "and mart not in ('unplaced_events', 'outages', 'shared_logins')",
            what="A mart that had rows is empty",
            expected="rows in every mart that has rows in the publication",
            fix=LOOK_AT_MODEL,
        ),
        NoRows(
            name="no_mart_shrunk",
            query="select mart, rows_before, rows_now from mart_rows "
            "where (select count(*) from {batch}) >= 0 "
            "and rows_now < 0.8 * rows_before and mart <> 'unplaced_events'",
            what="A mart is more than a fifth smaller than its publication",
            expected="at least four fifths of the published rows",
            fix=UNEXPECTED_CHANGE,
            severity=Severity.WARN,
        ),
    ],
    **pay.SUITES,
}


def table(mart: str) -> str:
    """Return where a mart stands: pay has a file of its own."""
    return f"{pay.SCHEMA if mart in pay.SUITES else SCHEMA}.{mart}"


def suites(has_published: bool) -> dict[str, list[Rule]]:
    """Return the rules that can be judged: some need an earlier publication to compare with."""
    return {
        mart: [rule for rule in rules if has_published or not rule.needs_published]
        for mart, rules in SUITES.items()
    }


def prepare(
    execute: Callable[[str], Sequence[tuple[object, ...]]], raw: Path, has_published: bool
) -> None:
    """Lay the tables beside the attached marts that the rules read besides the mart itself."""
    employees = f"read_parquet('{raw}/hr_employees/*.parquet')"
    execute(f"create or replace view hr_employees as select * from {employees}")  # noqa: S608
    execute("create or replace table mart_rows (mart varchar, rows_before bigint, rows_now bigint)")
    before = _tables(execute, "published") if has_published else set[str]()
    for name in sorted(_tables(execute, "marts")):
        published = f"from published.marts.{name}" if name in before else "where false"
        counts = f"(select count(*) {published}), (select count(*) from {SCHEMA}.{name})"  # noqa: S608
        execute(f"insert into mart_rows select '{name}', {counts}")


def _tables(execute: Callable[[str], Sequence[tuple[object, ...]]], database: str) -> set[str]:
    rows = execute("select database_name, table_name from duckdb_tables() where not internal")
    return {str(table) for owner, table in rows if owner == database}
