"""What an agent sees: the own figures and nobody else's, with the marts' numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import duckdb
import pytest

from tests.browser.server_pages import (
    card,
    log_in,
    one,
    open_dashboard,
    shown_rows,
)
from tests.browser.superset_server import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow

TALL = 3600


@pytest.fixture(scope="module")
def page(browser: Browser, server: Server) -> Iterator[Page]:
    context = log_in(browser, server, "agent")
    yield open_dashboard(context, server, "my-performance", TALL)
    context.close()


@pytest.fixture(scope="module")
def marts(server: Server) -> Iterator[duckdb.DuckDBPyConnection]:
    """The marts and pay, with `me`: who the agent is."""
    [(email,)] = server.metadata("select email from ab_user where username = 'agent'")
    with duckdb.connect() as connection:
        for name in ("marts", "pay"):
            connection.execute(
                f"attach '{server.home}/serving/{name}.duckdb' as {name} (read_only)"
            )
        connection.execute(
            """
            create table me as
            select p.* from marts.marts.dim_person as p
            inner join marts.marts.access as a using (employee_id)
            where a.email = $1 and a.reason = 'self'
            """,
            [email.lower()],
        )
        yield connection


def value(page: Page, name: str) -> str:
    return card(page, name).first.locator(".ml-value").inner_text()


def shown_period(page: Page) -> str:
    return page.locator(".ml-scope").first.inner_text().rsplit(", ", 1)[1]


def test_cards_are_ones_own(page: Page, marts: duckdb.DuckDBPyConnection) -> None:
    score, tier, probability, grade, covered, kpis, reached = one(
        marts,
        """
        select any_value(k.score), any_value(k.tier), any_value(k.tier_probability),
            any_value(k.data_grade), any_value(k.weight_covered), count(r.attainment),
            count(*) filter (r.attainment >= 100)
        from marts.marts.scorecards as k
        inner join me on k.subject_type = 'employee' and k.subject_id = me.employee_id
        left join marts.marts.kpi_results as r
            on r.subject_type = k.subject_type and r.subject_id = k.subject_id
            and r.period_type = k.period_type and r.period_start = k.period_start
            and r.weight is not null
        where k.period_label = $1
        """,
        shown_period(page),
    )
    (overdue,) = one(
        marts,
        "select count(*) from marts.marts.fct_due_items inner join me using (employee_id) "
        "where is_overdue",
    )
    (name,) = one(marts, "select person_label from me")
    assert page.locator(".ml-scope").first.inner_text() == f"{name}, {shown_period(page)}"
    assert value(page, "Score") == f"{score:.1f}"
    assert value(page, "Tier") == tier.replace("_", " ").capitalize()
    if probability is not None:
        assert f"{100 * probability:.0f}%" in card(page, "Tier").inner_text()
    assert value(page, "KPIs on target") == str(reached)
    assert f"of {kpis} weighted" in card(page, "KPIs on target").inner_text()
    assert value(page, "Overdue") == str(overdue)
    assert value(page, "Data grade") == grade
    assert f"{100 * covered:.0f}%" in card(page, "Data grade").inner_text()


def test_rank_is_told_where_the_organisation_allows_it(
    page: Page, server: Server, marts: duckdb.DuckDBPyConnection
) -> None:
    (allowed,) = one(
        marts,
        """
        select bool_or(s.is_rank_shown) from marts.marts.fct_standings as s
        inner join me using (employee_id)
        """,
    )
    assert card(page, "Rank").count() == int(allowed)
    told = server.query("members", ["employee_id", "period_label", "rank_text"], {}, user="admin")
    ranked = marts.execute(
        """
        select k.subject_id, k.period_label, k.rank
        from marts.marts.scorecards as k
        inner join marts.marts.fct_standings as s
            on s.employee_id = k.subject_id and s.period_type = k.period_type
            and s.period_start = k.period_start
        where k.subject_type = 'employee' and k.role = 'vip_agent' and k.rank is not null
        """
    ).fetchall()
    assert {
        (row["employee_id"], row["period_label"], int(row["rank_text"]))
        for row in told
        if row["rank_text"]
    } == set(ranked)


def test_parts_sum_to_the_score(page: Page) -> None:
    *parts, total = shown_rows(page, "Score, part by part")
    assert total[:2] == ["Score", value(page, "Score")]
    points = [float(row[4].split()[0]) for row in parts if row[4] != "–"]
    assert sum(points) == pytest.approx(float(total[1]), abs=0.05 * (len(points) + 2))


def test_bonus_is_that_of_pay(page: Page, marts: duckdb.DuckDBPyConnection) -> None:
    total, currency = one(
        marts,
        """
        select i.total_amount, i.currency
        from pay.marts.compensation_inputs as i inner join me using (employee_id)
        order by i.period_start desc limit 1
        """,
    )
    *lines, last = shown_rows(page, "Projected bonus")
    assert lines
    assert last[0] == "To be paid"
    assert last[2] == f"{total:,.2f} {currency}"


def test_goals_training_and_coaching_are_ones_own(
    page: Page, marts: duckdb.DuckDBPyConnection
) -> None:
    for title, mart, limit in (
        ("Goals", "fct_goals", 12),
        ("Training", "fct_training", 20),
        ("Coaching", "fct_coaching", 20),
        ("What waits", "fct_due_items", 200),
    ):
        (count,) = one(
            marts, f"select count(*) from marts.marts.{mart} inner join me using (employee_id)"
        )
        assert len(shown_rows(page, title)) == min(count, limit), title
    gains = marts.execute(
        """
        select t.gain_points from marts.marts.fct_training as t inner join me using (employee_id)
        where t.gain_points is not null
        """
    ).fetchall()
    told = [row[4] for row in shown_rows(page, "Training") if row[4]]
    assert sorted(told) == sorted(f"{gain:+.0f}" for (gain,) in gains)


def test_ratings_hide_who_gave_them(page: Page, marts: duckdb.DuckDBPyConnection) -> None:
    ratings = {
        (criterion, source): (count, ratio)
        for criterion, source, count, ratio in marts.execute(
            """
            select r.criterion, r.source, count(distinct coalesce(r.rater_id, r.review_id)),
                avg(r.rating_ratio)
            from marts.marts.fct_reviews as r inner join me using (employee_id)
            where r.rating_ratio is not null
            group by 1, 2, date_trunc('quarter', r.work_date)
            qualify dense_rank() over (order by date_trunc('quarter', r.work_date) desc) = 1
            """
        ).fetchall()
    }
    needed = {"self": 1, "supervisor": 1, "peer": 2, "customer": 3}
    for criterion, *told in shown_rows(page, "Reviews"):
        for source, text in zip(needed, told, strict=True):
            count, ratio = ratings.get((criterion.lower(), source), (0, None))
            if count == 0:
                assert text == "–"
            elif count < needed[source]:
                assert text == "too few"
            else:
                assert text == f"{100 * ratio:.0f}%"
