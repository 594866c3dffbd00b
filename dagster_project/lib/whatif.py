"""What if the settings were others: past months scored and paid again, beside the published ones.

The published files are copied, the seeds in the copy replaced, and only what dbt builds of seeds
and measures is built again. Nothing of what is published is opened for writing; the answer is a
database of its own behind `serving/whatif.duckdb`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import cast

import duckdb

from dagster_project.lib import fingerprint, publishing, remembering, warehouse
from dagster_project.lib.comparison import SCHEMA, compare
from dagster_project.lib.configuration.differences import differences
from dagster_project.lib.configuration.mistakes import Mistake
from dagster_project.lib.configuration.published import load_published
from dagster_project.lib.configuration.validation import validate
from dagster_project.lib.database import quoted
from dagster_project.lib.locking import RunLock
from dagster_project.lib.settings import PROJECT, Home, Settings

# Everything that is scored again when a setting changes, as `rescore` in a run does.
SELECTION = ("int_kpis__changed_days+", "tag:scoring+")
STEPS = 5
AS_SET = "as set"


class WrongSettingsError(ValueError):
    """The seeds have mistakes, or change what no what-if can change."""


@dataclass(frozen=True)
class Range:
    """A KPI's weight from one value to another, the other weights of a scheme making room."""

    kpi_code: str
    low: float
    high: float

    @classmethod
    def parse(cls, text: str) -> Range:
        """Read `fcr=0.2:0.4`, or `fcr=0.3`."""
        kpi_code, _, values = text.partition("=")
        low, _, high = values.partition(":")
        try:
            found = cls(kpi_code.strip(), float(low), float(high or low))
        except ValueError:
            found = cls("", 0, 0)
        if not found.kpi_code or not 0 <= found.low <= found.high < 1:
            raise ValueError(
                f"{text!r} is no range of weights; expected KPI=FROM:TO from 0 up to less than 1, "
                "such as csat=0.2:0.4"
            )
        return found

    @property
    def weights(self) -> list[float]:
        """The weights to try."""
        if self.low == self.high:
            return [self.low]
        step = (self.high - self.low) / (STEPS - 1)
        return [round(self.low + step * number, 4) for number in range(STEPS)]


@dataclass(frozen=True)
class Answer:
    """Where the answer stands, and what was asked."""

    database: Path
    run_id: str
    scenarios: tuple[str, ...]
    changes: tuple[str, ...]


def ask(
    settings: Settings,
    seeds: Path | None,
    weights: Range | None = None,
    months: int = 12,
    wait_seconds: float = 600,
    show: Callable[[str], None] = lambda step: None,
) -> Answer:
    """Answer a question, and write the answer to `serving/whatif.duckdb`.

    Args:
        settings: Where the home is.
        seeds: The folder with other settings; by default those of the publication.
        weights: A range of weights to try on top of them.
        months: How many of the last months, and the quarters they lie in, are compared.
        wait_seconds: How long to wait for another what-if to end.
        show: Is told what is being done.
    """
    home, run_id = settings.home, publishing.published_run(settings.home)
    if run_id is None:
        raise WrongSettingsError("Nothing is published yet, so there is nothing to compare with.")
    version = home.current.resolve()
    others = Home(home.root / "whatif")
    asked_at = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    # Names and pay are in it, whatever the umask of the process.
    others.root.mkdir(mode=0o700, exist_ok=True)
    others.build.mkdir(exist_ok=True)
    with RunLock(others.run_lock, f"whatif {asked_at}", wait_seconds):
        show("reading the models")
        models = warehouse.read_models(PROJECT, home, settings.seeds, others.build / "dbt")
        changed = _changed(home, seeds, models.scoring_seeds)
        show("copying")
        for name in publishing.DATABASES:
            (others.build / f"{name}.duckdb.wal").unlink(missing_ok=True)
            publishing.copy_file(version / f"{name}.duckdb", others.build / f"{name}.duckdb")
        published = load_published(home)
        sentences = differences(seeds, published) if seeds and published else []
        as_of, notes = _replace_seeds(others, changed)
        target = others.build / "answer.duckdb"
        target.unlink(missing_ok=True)
        scenarios: list[str] = []
        for weight in weights.weights if weights else [None]:
            name = AS_SET if weights is None else f"{weights.kpi_code} = {weight:g}"
            if weights is not None and weight is not None:
                _weigh(others, weights.kpi_code, weight)
            show(f"scoring {name}")
            warehouse.score_again(
                PROJECT, others, settings.seeds, models, as_of, settings.locale, SELECTION
            )
            compare(target, others.build, version, name, months)
            scenarios.append(name)
        _describe(target, run_id, [*sentences, *notes])
        answers = home.serving / "whatif"
        answers.mkdir(mode=0o700, exist_ok=True)
        answer = answers / f"{asked_at}.duckdb"
        target.replace(answer)
        publishing.swap_link(home.serving / "whatif.duckdb", f"whatif/{answer.name}")
        publishing.collect(answers, asked_at)
        for name in publishing.DATABASES:
            (others.build / f"{name}.duckdb").unlink()
    return Answer(answer, run_id, tuple(scenarios), (*sentences, *notes))


def _changed(home: Home, seeds: Path | None, scoring: set[str]) -> dict[str, Path]:
    """Return the seeds that differ from the published ones, if a what-if can tell what they do."""
    state = publishing.published_state(home)
    if state["code"] != fingerprint.code_hash(PROJECT):
        raise WrongSettingsError(
            "The models have changed since the publication, so its figures and those of a what-if "
            "would differ by that too; publish first: meritline run"
        )
    if seeds is None:
        return {}
    published = load_published(home)
    today = datetime.fromisoformat(str(state["as_of"])).date()
    # Rows that reach back need no reason here: nothing is rewritten.
    known = replace(published, seeds=None) if published else None
    mistakes = [m for m in validate(seeds, today, known) if not m.is_warning]
    if mistakes:
        raise WrongSettingsError(_listed(mistakes))
    names = fingerprint.changed_seeds(
        {"seeds": state["seeds"]}, {"seeds": fingerprint.seed_hashes(seeds)}
    )
    if shaping := sorted(names - scoring):
        raise WrongSettingsError(
            f"{', '.join(f'{name}.csv' for name in shaping)} decides what is measured, not how it "
            "is scored; a what-if measures nothing anew. Leave it as it is published and try the "
            "change on a copy of the home: meritline run --seeds"
        )
    return {name: seeds / f"{name}.csv" for name in sorted(names)}


def _listed(mistakes: Sequence[Mistake]) -> str:
    return "\n".join(str(mistake) for mistake in mistakes)


def _replace_seeds(others: Home, changed: dict[str, Path]) -> tuple[datetime, list[str]]:
    """Put the changed seeds into the copy.

    Returns the publication's instant, and which seeds are tried before they are valid.
    """
    notes: list[str] = []
    with duckdb.connect(str(others.warehouse)) as con:
        # The days around the last run's would score periods again that have no figures.
        con.execute("delete from intermediate.int_measures__rebuilt_days")
        remembering.forget_closed(con)
        (as_of,) = cast(tuple[datetime], con.execute("select as_of from landing.run").fetchone())
        for name, path in changed.items():
            source = f"read_csv({quoted(str(path))}, header = true, all_varchar = true)"
            con.execute(f"delete from seeds.{name}")  # noqa: S608 - names of our own seeds
            con.execute(f"insert into seeds.{name} by name select * from {source}")  # noqa: S608
            day = _last_start(con, name)
            if day is not None and day > as_of.date():
                _stand_from_the_first_day(con, name, day)
                notes.append(
                    f"{name}.csv counts as it will stand on {day}, as if it had always stood so."
                )
    return as_of, notes


def _last_start(con: duckdb.DuckDBPyConnection, seed: str) -> date | None:
    columns = con.execute(
        "select column_name from duckdb_columns() where schema_name = 'seeds' and table_name = ?",
        [seed],
    ).fetchall()
    if ("valid_from",) not in columns:
        return None
    query = f"select max(valid_from) from seeds.{seed}"  # noqa: S608
    return cast(tuple[date | None], con.execute(query).fetchone())[0]


def _stand_from_the_first_day(con: duckdb.DuckDBPyConnection, seed: str, day: date) -> None:
    con.execute(
        f"delete from seeds.{seed} where valid_from > ? or valid_to <= ?",  # noqa: S608
        [day, day],
    )
    con.execute(f"update seeds.{seed} set valid_from = date '1900-01-01', valid_to = null")  # noqa: S608


def _weigh(others: Home, kpi_code: str, weight: float) -> None:
    """Give a KPI a weight in every scheme that has it; the others keep their proportions."""
    with duckdb.connect(str(others.warehouse)) as con:
        day = _last_start(con, "kpi_weights")
        (as_of,) = cast(tuple[datetime], con.execute("select as_of from landing.run").fetchone())
        _stand_from_the_first_day(con, "kpi_weights", max(day or as_of.date(), as_of.date()))
        schemes = con.execute(
            "select scheme, subject_type, role from seeds.kpi_weights where kpi_code = ?",
            [kpi_code],
        ).fetchall()
        if not schemes:
            known = con.execute("select distinct kpi_code from seeds.kpi_weights order by 1")
            names = ", ".join(str(name) for (name,) in known.fetchall())
            raise WrongSettingsError(f"No scheme weighs {kpi_code!r}; expected one of {names}")
        for scheme in schemes:
            con.execute(
                "update seeds.kpi_weights set weight = case when kpi_code = $kpi then $weight "
                "else weight * (1 - $weight) / (select sum(weight) from seeds.kpi_weights "
                "where scheme = $scheme and subject_type = $subject_type and role = $role "
                "and kpi_code <> $kpi) end "
                "where scheme = $scheme and subject_type = $subject_type and role = $role",
                {
                    "kpi": kpi_code,
                    "weight": weight,
                    **dict(zip(("scheme", "subject_type", "role"), scheme, strict=True)),
                },
            )


def _describe(target: Path, run_id: str, sentences: Sequence[str]) -> None:
    with duckdb.connect(str(target)) as con:
        con.executemany(
            f"insert into {SCHEMA}.whatif_settings values (?, ?)",  # noqa: S608
            [(run_id, sentence) for sentence in sentences or ["As published."]],
        )
        con.execute("checkpoint")
