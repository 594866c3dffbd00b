"""The asset graph: what there is, who owns it, and that nothing is published past a check."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from dagster_project.defs.landing.triggers import inbox_changed
from dagster_project.lib.feeds import load_feeds

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def defs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dg.Definitions]:
    """Load the definitions on an empty home."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MERITLINE_HOME", str(tmp_path_factory.mktemp("definitions")))
        from dagster_project.definitions import defs

        yield defs


def specs(defs: dg.Definitions) -> dict[str, dg.AssetSpec]:
    return {spec.key.to_user_string(): spec for spec in defs.resolve_all_asset_specs()}


def test_every_asset_says_whose_it_is_and_what(defs: dg.Definitions) -> None:
    # What the line itself tells the models of landing and closing is nobody's.
    landed = {name for name in specs(defs) if not name.startswith(("landing/", "ledger/"))}
    for name in landed:
        spec = specs(defs)[name]
        assert len(spec.key.path) == 2, name
        assert spec.owners, name
        assert spec.description, name
        assert spec.group_name not in (None, "default"), name


def test_feeds_are_where_the_models_read_them(defs: dg.Definitions) -> None:
    assert {f"raw/{feed}" for feed in load_feeds()} <= specs(defs).keys()


def test_the_publication_waits_for_every_mart(defs: dg.Definitions) -> None:
    marts = {name for name in specs(defs) if name.startswith("marts/")}
    waits = {dep.asset_key.to_user_string() for dep in specs(defs)["serving/publication"].deps}
    assert waits == marts
    assert len(marts) > 10


def test_the_job_the_schedule_and_the_sensor(defs: dg.Definitions) -> None:
    line = defs.resolve_job_def("line")
    assert defs.resolve_schedule_def("daily").job_name == line.name
    assert defs.resolve_sensor_def("inbox_changed").job_name == line.name


def test_requests_do_not_pile_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MERITLINE_HOME", str(tmp_path))
    instance = dg.DagsterInstance.ephemeral()
    context = dg.build_sensor_context(instance=instance)
    assert isinstance(inbox_changed(context), dg.SensorResult)
    instance.add_run(
        dg.DagsterRun(job_name="line", run_id=str(uuid.uuid4()), status=dg.DagsterRunStatus.STARTED)
    )
    assert isinstance(inbox_changed(context), dg.SkipReason)


def test_the_sensor_asks_for_a_run_whenever_the_inbox_became_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MERITLINE_HOME", str(tmp_path))
    inbox = tmp_path / "inbox" / "surveys"
    inbox.mkdir(parents=True)

    def deliver(name: str, age_seconds: float = 3600) -> None:
        (inbox / name).write_text("survey_id\n")
        then = time.time() - age_seconds
        os.utime(inbox / name, (then, then))

    def evaluate(cursor: str | None) -> dg.SensorResult | dg.SkipReason:
        return inbox_changed(dg.build_sensor_context(dg.DagsterInstance.ephemeral(), cursor))

    deliver("a.csv")
    first = evaluate(None)
    assert isinstance(first, dg.SensorResult)
    assert len(first.run_requests or []) == 1
    assert isinstance(evaluate(first.cursor), dg.SkipReason)

    deliver("b.csv", age_seconds=0)
    assert isinstance(evaluate(first.cursor), dg.SkipReason), "it is still being written"
    deliver("b.csv")
    second = evaluate(first.cursor)
    assert isinstance(second, dg.SensorResult)
    assert second.run_requests

    # A log that grows is read as far as it is written: a busy exchange is never quiet.
    log = tmp_path / "inbox" / "asterisk_queue_log" / "queue_log"
    log.parent.mkdir()
    log.write_text("1793460600|NONE|NONE|NONE|QUEUESTART|\n")
    assert isinstance(evaluate(second.cursor), dg.SensorResult)
    log.unlink()

    # The bad file is taken away again: the inbox is what it was, and yet there is something to do.
    (inbox / "b.csv").unlink()
    mended = evaluate(second.cursor)
    assert isinstance(mended, dg.SensorResult)
    assert [request.run_key for request in mended.run_requests or []] == [None]
