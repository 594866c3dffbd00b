"""What the organisation decides is data: a changed seed changes what rests on it and no more."""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import pytest

from tests.conftest import Centre
from tests.line import AS_OF, differences, published_tables, run_line
from tests.pipeline.test_exit_codes import copy_of_project

pytestmark = pytest.mark.slow

# Where marts stand whole; what analysts see of them changes with them.
WHOLE = ("marts", "pay")
RESTS_ON_SCORES = {
    *("kpi_results", "score_changes", "score_parts", "scorecards", "tier_transitions"),
    *("award_results", "compensation_inputs", "compensation_parts", "statements"),
    *("fct_coaching_needs", "fct_standings"),
}


def append(path: Path, **values: str) -> None:
    """Add a row to a seed; what is not named stays empty."""
    with path.open(newline="") as file:
        header = next(csv.reader(file))
    with path.open("a", newline="") as file:
        csv.DictWriter(file, header, lineterminator="\n").writerow(values)


def test_a_changed_weight_changes_scores_and_nothing_upstream(
    centre: Centre, tmp_path: Path
) -> None:
    before = published_tables(centre.home, databases=WHOLE)
    project = copy_of_project(tmp_path / "project")
    seed = project / "seeds" / "kpi_weights.csv"
    text = seed.read_text()
    text = text.replace(
        "agent,employee,agent,fcr_settled,0.30,2026-01-01,,",
        "agent,employee,agent,fcr_settled,0.40,2026-01-01,,a slip",
    )
    text = text.replace(
        "agent,employee,agent,csat,0.25,2026-01-01,,",
        "agent,employee,agent,csat,0.15,2026-01-01,,a slip",
    )
    seed.write_text(text)

    done = run_line(centre.home, "--as-of", AS_OF, project=project)
    assert done.returncode == 0, done.stdout
    changed = {
        line.split(":")[0]
        for line in differences(before, published_tables(centre.home, databases=WHOLE))
    }
    assert {"kpi_results", "scorecards", "score_parts"} <= changed <= RESTS_ON_SCORES

    with duckdb.connect(str(centre.home / "serving" / "marts.duckdb"), read_only=True) as marts:
        # The parts still sum to the score.
        apart = marts.execute(
            "select count(*) from marts.marts.scorecards as cards join ("
            "  select subject_type, subject_id, period_type, period_start, "
            "  sum(contribution) as total"
            "  from marts.marts.kpi_results group by all"
            ") using (subject_type, subject_id, period_type, period_start) "
            "where is_rated and abs(score - total) > 1e-9"
        ).fetchone()
    assert apart == (0,)


def test_a_kpi_over_existing_measures_is_a_row_in_each_seed(centre: Centre, tmp_path: Path) -> None:
    project = copy_of_project(tmp_path / "project")
    append(
        project / "seeds" / "kpis.csv",
        kpi_code="contacts_per_second",
        label_en="Contacts per second logged in",
        label_zh="每登录秒接听量",
        perspective="process",
        numerator="handled",
        denominator="logged_in_seconds",
        aggregation="ratio",
        unit="count",
        interval_method="none",
        shape="higher",
        date_basis="worked",
        minimum_denominator="1",
        owner="operations",
        is_retired="false",
    )
    append(
        project / "seeds" / "kpi_targets.csv",
        kpi_code="contacts_per_second",
        subject_type="*",
        role="*",
        site_id="*",
        queue_id="*",
        floor="0",
        target="0.003",
        valid_from="2026-01-01",
        retroactive_reason="a new KPI",
    )
    before = published_tables(centre.home, databases=WHOLE)
    done = run_line(centre.home, "--as-of", AS_OF, project=project)
    assert done.returncode == 0, done.stdout
    after = published_tables(centre.home, databases=WHOLE)
    changed = [line.split(":")[0] for line in differences(before, after)]
    assert changed == ["dim_kpi", "kpi_results"]
    with duckdb.connect(str(centre.home / "serving" / "marts.duckdb"), read_only=True) as marts:
        handled, seconds, value = marts.execute(
            "select numerator, denominator, value from marts.marts.kpi_results "
            "where kpi_code = 'contacts_per_second' and subject_type = 'company' "
            "and period_type = 'quarter'"
        ).fetchall()[0]
    assert handled > 0
    assert value == handled / seconds
