"""Published and other figures side by side: the tables of a what-if, and what they say in words."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.lib.database import quoted
from dagster_project.lib.publishing import swap_link
from dagster_project.lib.settings import Home

SCHEMA = "marts"
MOST_NAMES = 10
KEYS = "subject_type, subject_id, period_type, period_start"

_TABLES = """
create schema if not exists marts;
create table if not exists marts.whatif_scores (
    scenario varchar, subject_type varchar, subject_id varchar, period_type varchar,
    subject_label varchar, site_id varchar, team varchar, role varchar, period_label varchar,
    tier varchar, whatif_tier varchar, score double, whatif_score double, score_change double,
    rank integer, whatif_rank integer, rank_count integer, whatif_rank_count integer,
    tier_probability double, whatif_tier_probability double, is_moved boolean, period_start date
);
create table if not exists marts.whatif_pay (
    scenario varchar, employee_id varchar, full_name varchar, site_id varchar, team varchar,
    role varchar, period_label varchar, currency varchar, total_amount decimal(18, 3),
    whatif_total_amount decimal(18, 3), difference_amount decimal(18, 3),
    held_amount decimal(18, 3), whatif_held_amount decimal(18, 3), period_start date
);
create table if not exists marts.whatif_budget (
    scenario varchar, period_label varchar, currency varchar, employee_count bigint,
    changed_count bigint, total_amount decimal(18, 3), whatif_total_amount decimal(18, 3),
    difference_amount decimal(18, 3), period_start date
);
create table if not exists marts.whatif_settings (run_id varchar, change varchar);
"""

# The last months that have begun, and the quarters in which they lie.
_PERIODS = """
create or replace temp table periods as
with months as (
    select distinct period_start
    from published.marts.scorecards
    where period_type = 'month'
        and period_start <= (select as_of from published.marts.publication)
    order by period_start desc
    limit $months
)
select 'month' as period_type, period_start from months
union
select 'quarter' as period_type, cast(date_trunc('quarter', period_start) as date) from months
"""

_SCORES = f"""
insert into marts.whatif_scores by name
select
    $scenario as scenario,
    coalesce(before.subject_label, after.subject_label) as subject_label,
    coalesce(after.site_id, before.site_id) as site_id,
    coalesce(after.team, before.team) as team,
    coalesce(after.role, before.role) as role,
    coalesce(before.period_label, after.period_label) as period_label,
    before.tier,
    after.tier as whatif_tier,
    before.score,
    after.score as whatif_score,
    after.score - before.score as score_change,
    before.rank,
    after.rank as whatif_rank,
    before.rank_count,
    after.rank_count as whatif_rank_count,
    before.tier_probability,
    after.tier_probability as whatif_tier_probability,
    before.tier is distinct from after.tier as is_moved,
    {KEYS}
from (select * from published.marts.scorecards semi join periods using (period_type, period_start))
    as before
full join
    (select * from others.marts.scorecards semi join periods using (period_type, period_start))
    as after
    using ({KEYS})
"""  # noqa: S608 - columns named above

_PAY = """
insert into marts.whatif_pay by name
select
    $scenario as scenario,
    coalesce(before.full_name, after.full_name) as full_name,
    coalesce(after.site_id, before.site_id) as site_id,
    coalesce(after.team, before.team) as team,
    coalesce(after.role, before.role) as role,
    coalesce(before.period_label, after.period_label) as period_label,
    coalesce(before.total_amount, 0) as total_amount,
    coalesce(after.total_amount, 0) as whatif_total_amount,
    coalesce(after.total_amount, 0) - coalesce(before.total_amount, 0) as difference_amount,
    coalesce(before.held_amount, 0) as held_amount,
    coalesce(after.held_amount, 0) as whatif_held_amount,
    employee_id, currency, period_start
from (
    select * from published_pay.marts.compensation_inputs
    where period_start in (select period_start from periods where period_type = 'month')
) as before
full join (
    select * from other_pay.marts.compensation_inputs
    where period_start in (select period_start from periods where period_type = 'month')
) as after using (employee_id, currency, period_start)
"""

_BUDGET = """
insert into marts.whatif_budget by name
select
    scenario, period_label, currency, period_start,
    count(*) as employee_count,
    count(*) filter (where difference_amount <> 0) as changed_count,
    sum(total_amount) as total_amount,
    sum(whatif_total_amount) as whatif_total_amount,
    sum(difference_amount) as difference_amount
from marts.whatif_pay
where scenario = $scenario
group by all
"""


def compare(target: Path, others: Path, version: Path, scenario: str, months: int) -> None:
    """Write one scenario's rows beside the published ones into the database `target`.

    Args:
        target: The answer's database; made when it is not there.
        others: The folder of the files that were scored again.
        version: The folder of the published ones.
        scenario: What the rows are called by.
        months: How many of the last months to compare.
    """
    with duckdb.connect(str(target)) as con:
        con.execute("set timezone = 'UTC'")
        con.execute(_TABLES)
        con.execute(f"attach {quoted(str(version / 'marts.duckdb'))} as published (read_only)")
        con.execute(f"attach {quoted(str(others / 'marts.duckdb'))} as others (read_only)")
        con.execute(_PERIODS, {"months": months})
        con.execute(_SCORES, {"scenario": scenario})
        if (version / "pay.duckdb").exists():
            con.execute(
                f"attach {quoted(str(version / 'pay.duckdb'))} as published_pay (read_only)"
            )
            con.execute(f"attach {quoted(str(others / 'pay.duckdb'))} as other_pay (read_only)")
            con.execute(_PAY, {"scenario": scenario})
            con.execute(_BUDGET, {"scenario": scenario})


def expect_question(home: Home) -> None:
    """Put an answer that says nothing where dashboards look for one, until somebody asks."""
    link = home.serving / "whatif.duckdb"
    if link.is_symlink():
        return
    answers = home.serving / "whatif"
    answers.mkdir(mode=0o700, exist_ok=True)
    with duckdb.connect(str(answers / "none.duckdb")) as con:
        con.execute(_TABLES)
    swap_link(link, "whatif/none.duckdb")


def summary(database: Path, scenario: str) -> Iterator[str]:
    """Say in words who moves, how far, and what it costs."""
    with duckdb.connect(str(database), read_only=True) as con:
        con.execute("use marts")
        if not _has_changed(con, scenario):
            yield "Nothing moves: every score, rank, tier and amount is as published."
            return
        yield from _scores(con, scenario)
        yield from _moves(con, scenario)
        yield from _budget(con, scenario)


def _rows(con: duckdb.DuckDBPyConnection, query: str, scenario: str) -> list[tuple[Any, ...]]:
    return con.execute(query, {"scenario": scenario}).fetchall()


def _has_changed(con: duckdb.DuckDBPyConnection, scenario: str) -> bool:
    return bool(
        _rows(
            con,
            "select 1 from whatif_scores where scenario = $scenario "
            "and (score is distinct from whatif_score or rank is distinct from whatif_rank "
            "or is_moved or tier_probability is distinct from whatif_tier_probability) "
            "union all "
            "select 1 from whatif_pay where scenario = $scenario and (difference_amount <> 0 "
            "or held_amount <> whatif_held_amount)",
            scenario,
        )
    )


def _scores(con: duckdb.DuckDBPyConnection, scenario: str) -> Iterator[str]:
    query = """
        select
            period_label,
            count(*) filter (where score is distinct from whatif_score),
            count(*),
            coalesce(avg(score_change), 0),
            count(*) filter (where rank is distinct from whatif_rank),
            max(abs(whatif_rank - rank))
        from whatif_scores
        where scenario = $scenario and subject_type = 'employee'
        group by period_type, period_label, period_start
        order by period_type, period_start
    """
    for label, changed, people, mean, ranks, furthest in _rows(con, query, scenario):
        text = f"{label}: {changed} of {people} people have another score ({mean:+.2f} on average)"
        yield text + (f", {ranks} another rank, by {furthest} at most." if ranks else ".")


def _moves(con: duckdb.DuckDBPyConnection, scenario: str) -> Iterator[str]:
    query = """
        select period_label, subject_label, role, tier, whatif_tier, score, whatif_score, rank,
            whatif_rank
        from whatif_scores
        where scenario = $scenario and subject_type = 'employee' and is_moved
            and period_type = 'quarter'
        order by period_start, abs(score_change) desc nulls last, subject_id
    """
    rows = _rows(con, query, scenario)
    if not rows:
        yield "Nobody's tier of a quarter changes."
        return
    tiers = "tier of a quarter changes" if len(rows) == 1 else "tiers of quarters change"
    yield f"{len(rows)} {tiers}:"
    for label, name, role, *pairs in rows[:MOST_NAMES]:
        tier, other_tier, score, other_score, rank, other_rank = pairs
        yield (
            f"  {label} {name} ({role or 'no role'}): {tier} → {other_tier}, "
            f"score {_number(score)} → {_number(other_score)}, "
            f"rank {rank or '–'} → {other_rank or '–'}"
        )
    if len(rows) > MOST_NAMES:
        yield f"  … and {len(rows) - MOST_NAMES} more in whatif_scores."


def _budget(con: duckdb.DuckDBPyConnection, scenario: str) -> Iterator[str]:
    query = """
        select currency, sum(total_amount), sum(whatif_total_amount), sum(changed_count),
            min(period_label), max(period_label)
        from whatif_budget
        where scenario = $scenario
        group by currency
        order by currency
    """
    for currency, before, after, changed, first, last in _rows(con, query, scenario):
        difference: Decimal = after - before
        share = f", {difference / before:+.1%}" if before else ""
        amounts = "1 amount changes" if changed == 1 else f"{changed} amounts change"
        yield (
            f"Pay of {first if first == last else f'{first} to {last}'} in {currency}: "
            f"{_money(before)} → {_money(after)} ({_money(difference, '+')}{share}); {amounts}."
        )


def _number(score: float | None) -> str:
    return "–" if score is None else f"{score:.2f}"


def _money(amount: Decimal, sign: str = "") -> str:
    return f"{amount:{sign},.2f}"
