"""Every number of a person leads back to the contacts behind it."""

from __future__ import annotations

import re
from collections import defaultdict

import duckdb
import pytest

from dagster_project.lib.explaining import Explainer
from tests.conftest import Centre
from tests.line import run_line

pytestmark = pytest.mark.slow


def test_contacts_add_up_to_every_numerator_and_denominator(published: Centre) -> None:
    marts = published.home / "serving" / "marts.duckdb"
    explainer = Explainer(marts)
    period = explainer.period("2026-10")
    with duckdb.connect(str(marts), read_only=True) as connection:
        results = connection.execute(
            "select subject_id, kpi_code, numerator_measure, denominator_measure, numerator, "
            "denominator from marts.marts.kpi_results inner join marts.marts.dim_kpi "
            "using (kpi_code) where subject_type = 'employee' and period_type = 'month' "
            "and period_start = date '2026-10-01' and role = 'agent' "
            "and denominator_measure in (select measure from marts.marts.dim_measure)"
        ).fetchall()
    assert {row[1] for row in results} >= {"aht", "fcr", "fcr_settled", "csat", "transfer_rate"}
    for employee, kpi, above, below, numerator, denominator in results:
        sums: dict[str, float] = defaultdict(float)
        for one in explainer.contacts(employee, period, kpi):
            assert one.contact_id, "an answer or a leg without its contact"
            sums[one.measure] += one.amount
        assert (sums[above], sums[below]) == (numerator, denominator), (employee, kpi)


def test_a_score_is_the_sum_of_the_lines_that_explain_it(published: Centre) -> None:
    marts = published.home / "serving" / "marts.duckdb"
    with duckdb.connect(str(marts), read_only=True) as connection:
        ((employee, score),) = connection.execute(
            "select subject_id, score from marts.marts.scorecards where subject_type = 'employee' "
            "and period_type = 'month' and is_rated order by score desc limit 1"
        ).fetchall()
    said = run_line(published.home, employee, "2026-10", command="explain")
    assert said.returncode == 0, said.stdout + said.stderr
    lines = [line.split() for line in said.stdout.splitlines() if " 10-" in line]
    # A line without points ends with the reason.
    points = [float(line[-1]) for line in lines if line[-1][-1].isdigit()]
    assert sum(points) == pytest.approx(score, abs=0.001 * len(points))
    total = re.search(r"score ([\d.]+) =", said.stdout)
    assert total is not None
    assert float(total[1]) == pytest.approx(score, abs=0.0001)


def test_what_is_not_there_is_said(published: Centre) -> None:
    nobody = run_line(published.home, "E0", "2026-10", command="explain")
    assert nobody.returncode == 2
    assert "E0 has no scheme" in nobody.stdout
    never = run_line(published.home, "E1005", "2031-01", command="explain")
    assert never.returncode == 2
    assert "There are 2026" in never.stdout
    nothing = run_line(published.late, "E1005", "2026-10", command="explain")
    assert nothing.returncode == 2
    assert "meritline run" in nothing.stdout
