"""The marts equal an independent count of the raw lines, without tolerance.

Twice: for a demo's inbox, and for one of everything that goes wrong with raw telephony.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.conftest import Centre
from tests.independent import figures, raw, reviews
from tests.independent.count import SEEDS, Counted, count
from tests.independent.hostile import write_inbox
from tests.independent.hostile_feeds import write_feeds
from tests.independent.subjects import Amounts, kpi_sums
from tests.independent.subjects_feeds import all_amounts
from tests.independent.tables import TABLES, Source, staff_of
from tests.line import AS_OF, run_line

pytestmark = pytest.mark.slow
Rows = list[tuple[Any, ...]]
ZONES = {row["site_id"]: raw.zone_named(row["time_zone"]) for row in raw.read_seed(SEEDS, "sites")}
# The percentiles are no sums and have their own test.
COMPARED = (
    "contacts_handled",
    "aht",
    "asa",
    "service_level",
    *(f"service_level_{variant}" for variant in figures.service_levels(figures.QueueTally())),
    "abandonment_rate",
    "transfer_rate",
    "ring_no_answer",
    "repeat_rate",
    "fcr",
    "csat",
    "occupancy",
)


@dataclass(frozen=True)
class Built:
    """A home and the inbox that it was built from."""

    home: Path
    inbox: Path


@pytest.fixture(scope="session")
def demo_home(published: Centre) -> Built:
    """The small call centre that other tests work on copies of."""
    return Built(published.home, published.home / "inbox")


@pytest.fixture(scope="session")
def hostile_home(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The line run once over the hostile inbox."""
    folder = tmp_path_factory.mktemp("hostile")
    built = Built(folder / "home", folder / "inbox")
    write_inbox(built.inbox)
    write_feeds(built.inbox)
    done = run_line(built.home, "--inbox", str(built.inbox), "--as-of", AS_OF)
    assert done.returncode == 0, done.stdout + done.stderr
    return built


@pytest.fixture(scope="module", params=["demo_home", "hostile_home"])
def built(request: pytest.FixtureRequest) -> Built:
    """Each of the homes."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def marts(built: Built) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published marts, read only."""
    with duckdb.connect(str(built.home / "serving" / "marts.duckdb"), read_only=True) as opened:
        # The file and its schema share a name, so `marts.fct_contacts` would be ambiguous.
        opened.execute("use marts.marts")
        yield opened


@pytest.fixture(scope="module")
def counted(built: Built, marts: duckdb.DuckDBPyConnection) -> Counted:
    """The count of the same inbox up to the same instant."""
    ((as_of,),) = marts.execute(
        "select epoch(as_of::timestamp)::bigint from publication"
    ).fetchall()
    return count(built.inbox, SEEDS, as_of)


@pytest.fixture(scope="module")
def amounts(built: Built, counted: Counted) -> Amounts:
    """KPI amounts per subject and day."""
    vendors = {row["site_id"]: row["vendor"] for row in raw.read_seed(SEEDS, "sites")}
    return all_amounts(counted, vendors, built.inbox, ZONES)


@pytest.fixture(scope="module")
def source(built: Built, counted: Counted) -> Source:
    """What the raw files of the same inbox tell."""
    return Source(counted, built.inbox, ZONES)


def rows(marts: duckdb.DuckDBPyConnection, query: str) -> Rows:
    return marts.execute(query).fetchall()


def same(published: Rows, expected: Rows) -> None:
    """Both hold the same rows as often; what differs is named, a few of each."""
    theirs, mine = Counter(published), Counter(expected)
    only_published = list((theirs - mine).elements())
    only_counted = list((mine - theirs).elements())
    published_few = sorted(only_published, key=str)[:5]
    counted_few = sorted(only_counted, key=str)[:5]
    assert not only_published and not only_counted, (
        f"{len(only_published)} rows only in the marts, such as {published_few}; "
        f"{len(only_counted)} only in the raw count, such as {counted_few}"
    )


def test_there_is_something_to_compare(counted: Counted) -> None:
    assert len(counted.contacts) > 1000
    assert len({visit.outcome for visit in counted.visits}) >= 4
    assert any(leg.is_transferred_out for leg in counted.legs)
    assert any(offer.end_reason == "no_answer" for offer in counted.offers)


def test_contacts(marts: duckdb.DuckDBPyConnection, counted: Counted) -> None:
    published = rows(
        marts,
        """
        select
            contact_id, site_id, epoch(started_at)::bigint, work_date::varchar,
            case when leg_count > 0 or queue_visit_count > 0 then outcome end,
            queue_visit_count, leg_count,
            coalesce(wait_seconds, 0)::bigint, coalesce(talk_seconds, 0)::bigint
        from fct_contacts
        """,
    )
    same(
        published,
        [
            (
                one.contact_id,
                one.site,
                one.started_at,
                one.work_date,
                one.outcome,
                len(one.visits),
                len(one.legs),
                one.wait or 0,
                one.talk or 0,
            )
            for one in counted.contacts
        ],
    )


def test_contact_ends(marts: duckdb.DuckDBPyConnection, counted: Counted) -> None:
    published = rows(marts, "select contact_id, epoch(ended_at)::bigint from fct_contacts")
    same(published, [(one.contact_id, one.ended_at) for one in counted.contacts])


def test_customers(marts: duckdb.DuckDBPyConnection, counted: Counted) -> None:
    # The keys are hashed; that the same contacts share one is what can be compared.
    published: dict[str, list[str]] = defaultdict(list)
    for contact_id, key in rows(marts, "select contact_id, customer_key from fct_contacts"):
        if key is not None:
            published[key].append(contact_id)
    mine: dict[str, list[str]] = defaultdict(list)
    for contact in counted.contacts:
        if contact.customer is not None:
            mine[contact.customer].append(contact.contact_id)
    same(
        [tuple(sorted(group)) for group in published.values()],
        [tuple(sorted(group)) for group in mine.values()],
    )


def test_visits(marts: duckdb.DuckDBPyConnection, counted: Counted) -> None:
    published = rows(
        marts,
        """
        select
            contact_id, site_id, visit_number, queue_id, epoch(enqueued_at)::bigint,
            epoch(left_at)::bigint, work_date::varchar, outcome, wait_seconds::bigint
        from fct_queue_visits
        """,
    )
    same(
        published,
        [
            (
                one.contact_id,
                one.site,
                one.number,
                one.queue,
                one.enqueued_at,
                one.left_at,
                one.work_date,
                one.outcome,
                one.wait,
            )
            for one in counted.visits
        ],
    )


def test_legs(marts: duckdb.DuckDBPyConnection, counted: Counted) -> None:
    published = rows(
        marts,
        """
        select
            contact_id, leg_number, queue_id, agent_login, employee_id,
            epoch(answered_at)::bigint, epoch(ended_at)::bigint, work_date::varchar,
            talk_seconds::bigint, is_transferred_out,
            case when queue_id is not null or source = 'connect' then end_reason end
        from fct_contact_legs
        """,
    )
    same(
        published,
        [
            (
                one.contact_id,
                one.number,
                one.queue,
                one.agent,
                one.employee,
                one.answered_at,
                one.ended_at,
                one.work_date,
                one.talk,
                one.is_transferred_out,
                one.end_reason,
            )
            for one in counted.legs
        ],
    )


def test_offers(marts: duckdb.DuckDBPyConnection, counted: Counted) -> None:
    published = rows(
        marts,
        """
        select
            contact_id, queue_id, agent_login, epoch_ms(offered_at), work_date::varchar,
            is_answered, end_reason, (ring_seconds * 1000)::bigint
        from fct_offers
        """,
    )
    same(
        published,
        [
            (
                one.contact_id,
                one.queue,
                one.agent,
                one.rung_at_milliseconds,
                one.work_date,
                one.end_reason == "answered",
                one.end_reason,
                one.ring_milliseconds,
            )
            for one in counted.offers
        ],
    )


@pytest.mark.parametrize("table", TABLES)
def test_tables(marts: duckdb.DuckDBPyConnection, source: Source, table: str) -> None:
    wanted = TABLES[table]
    same(rows(marts, wanted.query), list(wanted.rows(source)))


def test_unplaced_events(marts: duckdb.DuckDBPyConnection, counted: Counted) -> None:
    published = rows(marts, "select event, count(*) from unplaced_events group by 1")
    expected = Counter(fields[4].strip() for fields in counted.unplaced)
    assert dict(published) == dict(expected)


def test_every_agent_and_day(marts: duckdb.DuckDBPyConnection, counted: Counted) -> None:
    legs = rows(
        marts,
        """
        select
            split_part(contact_id, ':', 2), agent_login, work_date::varchar, count(*),
            count(talk_seconds), coalesce(sum(talk_seconds), 0)::bigint,
            count(*) filter (where is_transferred_out)
        from fct_contact_legs
        group by 1, 2, 3
        """,
    )
    offers = rows(
        marts,
        """
        select
            split_part(contact_id, ':', 2), agent_login, work_date::varchar, count(*),
            count(*) filter (where end_reason = 'no_answer'),
            count(*) filter (where end_reason = 'cancelled')
        from fct_offers
        group by 1, 2, 3
        """,
    )
    days = counted.agent_days()
    same(
        legs,
        [
            (*key, day.handled, day.finished, day.talk, day.transferred_out)
            for key, day in days.items()
            if day.handled
        ],
    )
    same(
        offers,
        [
            (*key, day.offers, day.no_answer, day.cancelled)
            for key, day in days.items()
            if day.offers
        ],
    )


def test_every_queue_and_day(marts: duckdb.DuckDBPyConnection, counted: Counted) -> None:
    published = rows(
        marts,
        """
        select
            site_id, queue_id, work_date::varchar,
            sum(entered_count)::bigint, sum(queued_count)::bigint, sum(answered_count)::bigint,
            sum(abandoned_count)::bigint, sum(timed_out_count)::bigint, sum(exited_count)::bigint,
            sum(answered_within_count)::bigint, sum(abandoned_within_count)::bigint,
            sum(short_abandon_count)::bigint, coalesce(sum(wait_answered_seconds), 0)::bigint,
            sum(service_level_met_count)::bigint, sum(service_level_base_count)::bigint
        from fct_queue_intervals
        group by 1, 2, 3
        having sum(entered_count) > 0
        """,
    )
    same(
        published,
        [
            (
                *key,
                day.entered,
                day.queued,
                day.answered,
                day.abandoned,
                day.timed_out,
                day.exited_by_key + day.exited_empty,
                day.answered_within,
                day.abandoned_within,
                day.short_abandons,
                day.wait_answered,
                day.met,
                day.base,
            )
            for key, day in counted.queue_days().items()
        ],
    )


@pytest.mark.parametrize("period_type", ["day", "week", "month", "quarter"])
@pytest.mark.parametrize("kpi", COMPARED)
def test_kpis_of_every_subject(
    marts: duckdb.DuckDBPyConnection, amounts: Amounts, period_type: str, kpi: str
) -> None:
    published = {
        tuple(row[:3]): (row[3], row[4])
        for row in marts.execute(
            """
            select subject_type, subject_id, period_start::varchar, numerator, denominator
            from kpi_results
            where period_type = ? and kpi_code = ?
                -- A lead's score reads the team's figures, which are compared as the team's.
                and (subject_type, subject_id, period_type, period_start, kpi_code) not in (
                    select (subject_type, subject_id, period_type, period_start, kpi_code)
                    from score_parts
                    where measured_on <> subject_type
                )
            """,
            [period_type, kpi],
        ).fetchall()
        if row[4] or (row[4] is None and row[3])
    }
    expected = {
        key[1:]: value for key, value in kpi_sums(amounts, period_type).items() if key[0] == kpi
    }
    assert expected
    # Where a KPI is read is the seeds' matter; where it is, it must be what the raw lines say.
    types = {key[0] for key in published}
    assert "company" in types
    same(
        [(*key, *value) for key, value in published.items()],
        [(*key, *value) for key, value in expected.items() if key[0] in types],
    )


def test_values_and_intervals_of_the_company(
    marts: duckdb.DuckDBPyConnection, amounts: Amounts
) -> None:
    sums = kpi_sums(amounts, "month")
    for kpi in ("csat", "fcr", "service_level", "abandonment_rate", "transfer_rate"):
        for start, value, low, high in marts.execute(
            """
            select period_start::varchar, value, lower_bound, upper_bound
            from kpi_results
            where subject_type = 'company' and period_type = 'month' and kpi_code = ?
            """,
            [kpi],
        ).fetchall():
            over, under = sums[kpi, "company", "company", start]
            assert under
            assert value == over / under
            # The normal quantile is written with six decimals or with all: 1e-8 of a share.
            assert (low, high) == pytest.approx(figures.wilson(over, under), abs=1e-8)


@pytest.mark.parametrize("period_type", ["day", "week", "month", "quarter"])
def test_review_scores(marts: duckdb.DuckDBPyConnection, source: Source, period_type: str) -> None:
    published = marts.execute(
        """
        select subject_type, subject_id, period_start::varchar, denominator, round(value, 6)
        from kpi_results
        where kpi_code = 'review_score' and period_type = ?
        """,
        [period_type],
    ).fetchall()
    assert published
    seed = raw.read_seed(SEEDS, "review_sources")
    given = reviews.scores(staff_of(source), seed, period_type)
    same(
        published,
        [
            # The means are rounded to decimals on their way.
            ("employee", employee, start, float(count), round(float(value), 6))
            for (employee, start), (count, value) in given.items()
        ],
    )


def test_resolution_is_final_when_seven_days_have_passed(
    marts: duckdb.DuckDBPyConnection, counted: Counted
) -> None:
    flags: dict[str, list[bool]] = defaultdict(list)
    by_id = {contact.contact_id: contact for contact in counted.contacts}
    for contact_id, flag in counted.repeats().items():
        contact = by_id[contact_id]
        if contact.legs:
            flags[contact.work_date].append(flag.is_final)
    published = rows(
        marts,
        """
        select period_start::varchar, is_final from kpi_results
        where subject_type = 'company' and period_type = 'day' and kpi_code = 'fcr'
            and denominator > 0
        """,
    )
    same(published, [(day, all(mine)) for day, mine in flags.items() if any(mine)])


def test_speed_of_answer_percentiles(marts: duckdb.DuckDBPyConnection, counted: Counted) -> None:
    waits: dict[str, list[int]] = defaultdict(list)
    left_out = {one.contact_id for one in counted.contacts if one.exclusion is not None}
    for visit in counted.visits:
        if visit.contact_id in left_out:
            continue
        if visit.outcome == "answered" and visit.wait is not None:
            waits[visit.work_date].append(visit.wait)
    expected = [
        (kpi, day, figures.percentile(mine, share))
        for day, mine in waits.items()
        for kpi, share in (("asa_p50", figures.HALF), ("asa_p90", figures.NINE_TENTHS))
    ]
    published = rows(
        marts,
        """
        select kpi_code, period_start::varchar, value
        from kpi_results
        where subject_type = 'company' and period_type = 'day'
            and kpi_code in ('asa_p50', 'asa_p90') and value is not null
        """,
    )
    rounded = [(kpi, day, round(value, 9)) for kpi, day, value in published]
    same(rounded, [(kpi, day, round(value or 0, 9)) for kpi, day, value in expected])


def test_lines_are_accounted_for(built: Built, counted: Counted) -> None:
    ops_file = built.home / "serving" / "ops.duckdb"
    with duckdb.connect(str(ops_file), read_only=True) as ops:
        ledger = ops.execute(
            """
            select
                feed, sum(lines_read)::bigint, sum(accepted)::bigint, sum(rejected)::bigint,
                sum(duplicates)::bigint
            from marts.load_ledger
            where feed in ('asterisk_queue_log', 'asterisk_cdr')
            group by 1
            """
        ).fetchall()
    same(
        ledger,
        [
            (feed, lines.read, lines.accepted, lines.rejected, lines.duplicates)
            for feed, lines in counted.lines.items()
        ],
    )
