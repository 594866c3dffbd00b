"""Landing takes whatever is thrown at it: no crash, no record lost, every rejection with a reason.

The mutants are files of the demo, damaged at random (`mutants.py`), many in one landing as the line
does it: parsed, judged by the expectations, admitted or held.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import duckdb
import pytest

from dagster_project.lib import landing
from dagster_project.lib.feeds import load_feeds
from dagster_project.lib.landing import FileReport
from dagster_project.lib.line import LineRun
from dagster_project.lib.settings import Home, Settings
from demo import simulate
from tests.faults.mutants import Mutant, Source, mutants, sources
from tests.line import ops_rows

FEEDS = load_feeds()
SETTLED = {"unchanged", "held"}


@pytest.fixture(scope="module")
def origins(tmp_path_factory: pytest.TempPathFactory) -> list[Source]:
    inbox = tmp_path_factory.mktemp("demo")
    simulate(inbox, agents=12, days=10)
    return sources(inbox, FEEDS)


@pytest.mark.parametrize(
    ("seed", "count"),
    [(1, 248), *(pytest.param(seed, 1000, marks=pytest.mark.drill) for seed in range(11, 21))],
)
def test_every_record_of_mutated_files_is_accounted_for(
    origins: list[Source], tmp_path: Path, seed: int, count: int
) -> None:
    home = Home(tmp_path)
    thrown = list(mutants(origins, seed, count))
    for mutant in thrown:
        file = home.root / mutant.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(mutant.content)
    reports = land(home)
    accepted = numbers_by_file(home, ("raw", "held"), "_path", "_line_number")
    rejected = numbers_by_file(home, ("rejected",), "path", "line_number")
    ledger = ledger_by_file(home)
    faults = [
        f"{mutant.said}: {fault}"
        for mutant in thrown
        for path in [mutant.path.removeprefix("inbox/")]
        for fault in faults_of(
            mutant, reports.get(path), accepted[path], rejected[path], ledger.get(path)
        )
    ]
    faults += unsaid_reasons(home)
    assert not faults, "\n".join(fault[:500] for fault in faults[:50])
    kept: Counter[str] = Counter(dict.fromkeys(FEEDS, 0))
    for row in ledger.values():
        kept[row.feed] += row.accepted if row.state == "live" else 0
    assert kept == kept_rows(home)

    # All of it is known: a second landing reads nothing.
    again = (
        report
        for feed in FEEDS.values()
        for report in landing.parse_feed(home, home.inbox, feed, landing.Parser("test"))
    )
    assert {report.path for report in again if report.status not in SETTLED} == set()


def land(home: Home) -> dict[str, FileReport]:
    """Land everything as a run of the line does; what was read of each file."""
    settings = Settings(home, memory_limit="2GB", given_hash_key="test")
    found: dict[str, FileReport] = {}
    with LineRun(settings, home.inbox, "fuzz", datetime(2026, 11, 1)) as run:
        for feed in FEEDS.values():
            with run.step(feed.name):
                files, _ = run.land(feed)
            found |= {file.path: file for file in files}
    return found


def faults_of(
    mutant: Mutant,
    report: FileReport | None,
    accepted: list[int],
    rejected: list[int],
    row: LedgerRow | None,
) -> list[str]:
    """What is wrong with the account of one file."""
    if report is None or row is None:
        return ["not reported"]
    faults: list[str] = []
    numbers = {*accepted, *rejected}
    if (report.accepted, report.rejected) != (len(accepted), len(rejected)):
        faults.append(f"{len(accepted)} + {len(rejected)} rows in the lake of {report}")
    if report.lines_read != len(numbers):
        faults.append(f"{report.lines_read} lines read, {len(numbers)} in the lake")
    # A Parquet file that is not the feed's counts as one record.
    is_whole = mutant.records is None or (report.message and ".parquet" in mutant.path)
    if not is_whole and report.lines_read != mutant.records:
        faults.append(f"{report.lines_read} lines read, there are {mutant.records}")
    if mutant.touched is not None and (wrong := sorted({*rejected} - mutant.touched)):
        faults.append(f"lines {wrong} were rejected and nothing was done to them")
    if (row.read, row.rejected) != (report.lines_read, report.rejected):
        faults.append(f"the ledger has {row} of {report}")
    if row.read != row.accepted + row.rejected + row.duplicates or row.accepted < 0:
        faults.append(f"the ledger does not add up: {row}")
    is_bad = bool(report.message) or report.rejected > 0.05 * report.lines_read
    if is_bad != (row.state == "held"):
        faults.append(f"state is {row.state}: {report}")
    if is_bad and not (row.reason and (report.message or "lines rejected") in row.reason):
        faults.append(f"held because {row.reason!r}: {report}")
    return faults


# ---- what the lake and `ops` say -----------------------------------------------------------------


class LedgerRow(NamedTuple):
    """A file in the published ledger."""

    feed: str
    read: int
    accepted: int
    rejected: int
    duplicates: int
    state: str
    reason: str | None


def ledger_by_file(home: Home) -> dict[str, LedgerRow]:
    with duckdb.connect(str(home.ops), read_only=True) as connection:
        rows = connection.execute(
            "select path, l.feed, lines_read, accepted, rejected, duplicates, state, reason "
            "from marts.load_ledger as l left join marts.held_files using (path)"
        ).fetchall()
    ledger = {path: LedgerRow(*rest) for path, *rest in rows}
    assert len(ledger) == len(rows)
    return ledger


def numbers_by_file(
    home: Home, folders: tuple[str, ...], path: str, number: str
) -> dict[str, list[int]]:
    """The numbers of each file's records."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for folder in folders:
        for feed in FEEDS:
            files = [str(file) for file in (home.lake / folder / feed).glob("*.parquet")]
            rows = (
                duckdb.execute(
                    f"select {path}, list({number}) from read_parquet(?) group by all", [files]
                ).fetchall()
                if files
                else []
            )
            for name, found in rows:
                numbers[name] += found
    return numbers


def unsaid_reasons(home: Home) -> list[str]:
    """Rejected lines that do not say where, which field, what it says and what is wrong with it."""
    files = [str(file) for feed in FEEDS for file in (home.rejected / feed).glob("*.parquet")]
    rows = duckdb.execute(
        """
        select path, line_number, field, value, reason from read_parquet(?)
        where line_number is null or trim(coalesce(field, '')) = ''
            or trim(coalesce(reason, '')) = ''
            or value is null and field <> 'line' and reason not in ('empty', 'column is missing')
        """,
        [files],
    ).fetchall()
    published = ops_rows(home.root, "select count(*) from marts.rejected_rows")
    count = duckdb.execute("select count(*) from read_parquet(?)", [files]).fetchall()
    return [f"rejected without a reason: {row}" for row in rows] + (
        [] if published == count else [f"{count} rejected, {published} published"]
    )


def kept_rows(home: Home) -> dict[str, int]:
    """Admitted rows of each feed that are no duplicates.

    Of the rows of a key one is kept; of equal lines of a log, which has no key, as many as the file
    of a site that has it most often has.
    """
    kept: dict[str, int] = {}
    for name, feed in FEEDS.items():
        key = ", ".join(f'"{column}"' for column in feed.key or ("_site_id", *feed.data_columns()))
        kept[name] = duckdb.execute(
            f"""
            select coalesce(sum({"1" if feed.key else "n"}), 0)::bigint
            from (
                select max(n) as n
                from (
                    select {key}, count(*) as n
                    from read_parquet('{home.raw}/{name}/*.parquet', union_by_name = true)
                    group by {key}, _path
                )
                group by {key}
            )
            """
        ).fetchall()[0][0]
    return kept
