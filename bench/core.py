"""The core: three short scripts that make agent days and queue days only, from `queue_log` only.

They know one folder, days in UTC and agents as the log calls them, so what is published is brought
to the same terms before both are compared.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import duckdb

from bench.centre import Centre
from bench.measuring import apart, fetch_one, measured

ENGINES = ("duckdb", "polars", "pandas")
SUMS = (
    *("entered", "connected", "answered", "abandoned", "wait_answered"),
    *("talk", "rna", "answered_within_20"),
)
OURS = """
with visits as (
    select * from marts.marts.fct_queue_visits where source = 'asterisk'
),
legs as (
    select * from marts.marts.fct_contact_legs where source = 'asterisk' and queue_id is not null
),
offers as (
    select * from marts.marts.fct_offers where end_reason = 'no_answer'
),
facts as (
    select
        queue_id as queue, enqueued_at as queue_at, null as agent, enqueued_at as agent_at,
        1 as entered, 0 as connected, 0 as answered, (outcome = 'abandoned')::int as abandoned,
        0 as wait_answered, 0 as talk, 0 as rna, 0 as answered_within_20
    from visits
    union all
    select
        legs.queue_id, coalesce(visits.enqueued_at, legs.answered_at), legs.agent_login,
        legs.answered_at,
        0, 1, (visits.contact_id is not null)::int, 0, coalesce(visits.wait_seconds, 0),
        coalesce(legs.talk_seconds, 0), 0, coalesce(visits.wait_seconds <= 20, false)::int
    from legs
    asof left join visits
        on legs.contact_id = visits.contact_id and legs.queue_id = visits.queue_id
        and legs.answered_at >= visits.enqueued_at
    union all
    select
        offers.queue_id, coalesce(visits.enqueued_at, offers.ended_at), offers.agent_login,
        offers.ended_at, 0, 0, 0, 0, 0, 0, 1, 0
    from offers
    asof left join visits
        on offers.contact_id = visits.contact_id and offers.queue_id = visits.queue_id
        and offers.ended_at >= visits.enqueued_at
)
"""


def run(centre: Centre, peers: Path) -> dict[str, dict[str, float]]:
    """Run each script on the files that the line was given, and hold it against the marts."""
    logs = centre.folder / "queue_log"
    shutil.rmtree(logs, ignore_errors=True)
    logs.mkdir()
    for file in sorted((centre.inbox / "asterisk_queue_log").rglob("queue_log*")):
        # The scripts read one folder, where the sites' files need names of their own.
        os.link(file, logs / f"{file.name}.{file.parent.name}")
    results: dict[str, dict[str, float]] = {}
    for engine in ENGINES:
        out = centre.folder / f"core_{engine}.parquet"
        command = [sys.executable, str(peers / f"core_{engine}.py"), str(logs), str(out)]
        cost = measured(command, centre.log / f"core_{engine}.log", {})
        rows, different = apart(compare, out, centre.home / "serving" / "marts.duckdb")
        results[engine] = {**cost.as_json(), "rows": rows, "different": different}
    return results


def compare(out: Path, marts: Path) -> tuple[int, int]:
    """Return how many rows the script made, and how many of them or of ours have no equal."""
    sums = ", ".join(f"sum({name})::bigint as {name}" for name in SUMS)
    figures = ", ".join(SUMS)
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(f"attach '{marts}' as marts (read_only)")
        grains = " union all ".join(
            f"select '{grain}' as grain, {grain} as key, strftime({grain}_at, '%Y-%m-%d') as date, "
            f"{sums} from facts where {grain} is not null group by all"
            for grain in ("agent", "queue")
        )
        connection.execute(f"create temp table ours as {OURS} {grains}")
        connection.execute(
            f"create temp table theirs as select grain, key, date, {figures} from '{out}'"
        )
        (rows,) = fetch_one(connection, "select count(*) from theirs")
        (different,) = fetch_one(
            connection,
            "select count(*) from ((from ours except all from theirs) "
            "union all (from theirs except all from ours))",
        )
    return rows, different
