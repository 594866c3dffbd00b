"""The page *Data quality*: what is found and refused is shown, with the marts' numbers."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import duckdb
import pytest

from dagster_project.lib.publishing import swap_link
from tests.browser.server_pages import chart, choose, open_dashboard
from tests.browser.superset_server import Server

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

pytestmark = pytest.mark.slow

TALL = 3000


def card(page: Page, name: str) -> tuple[str, str]:
    """The figure of a card and what is said below it."""
    found = page.locator(".ml-card", has_text=name).first
    return found.locator(".ml-value").inner_text(), found.locator(".ml-status").inner_text()


@pytest.fixture(scope="module")
def page(executive: BrowserContext, server: Server) -> Iterator[Page]:
    opened = open_dashboard(executive, server, "data-quality", TALL)
    yield opened
    opened.close()


def test_shared_logins_and_outages_of_the_marts_are_shown(page: Page, server: Server) -> None:
    [(logins, days, seconds)] = server.published(
        "select count(distinct (site_id, agent_login)), count(distinct work_date), "
        "sum(overlap_seconds)::bigint from marts.marts.shared_logins",
    )
    assert card(page, "Shared logins") == (f"{logins}", f"○ On {days} days")
    shared = chart(page, "Shared logins").locator("tbody tr")
    assert shared.count() == logins == 1, "the demo plants one shared login"
    [(login,)] = server.published("select distinct agent_login from marts.marts.shared_logins")
    assert isinstance(seconds, int)
    time = f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    assert login in shared.inner_text()
    assert shared.inner_text().endswith(time)

    outages = server.published(
        "select site_id, strftime(started_at, '%H:%M'), strftime(ended_at, '%H:%M'), "
        "round(expected_contacts)::bigint from marts.marts.outages",
    )
    assert card(page, "Outages")[0] == f"{len(outages)}"
    shown = chart(page, "Outages").locator("tbody tr").all_inner_texts()
    assert len(shown) == len(outages) == 1, "the demo plants one outage"
    for (site, began, ended, expected), text in zip(outages, shown, strict=True):
        assert str(site).capitalize() in text
        assert f"{began} – {ended} UTC" in text
        assert f"\t{expected}\t" in text


def test_what_counts_for_nobody_is_shown(page: Page, server: Server) -> None:
    [(talks, unowned)] = server.published(
        "select count(*), count(*) filter (where employee_id is null) "
        "from marts.marts.fct_contact_legs",
    )
    assert isinstance(talks, int)
    assert isinstance(unowned, int)
    assert card(page, "Talks without an owner") == (
        f"{100 * unowned / talks:.1f}%",
        f"○ {unowned:,} of {talks:,} talks",
    )
    excluded = server.published(
        "select count(*) from marts.marts.fct_contacts where is_excluded "
        "group by exclusion_reason, incident_id order by 1 desc",
    )
    shown = chart(page, "Contacts left out of the KPIs").locator("td.ml-strong")
    assert shown.all_inner_texts() == [f"{count:,}" for (count,) in excluded]


def test_two_numbers_and_why_they_differ(page: Page, server: Server) -> None:
    """The queue log's contacts, the CDR's, and the reasons between them, as the marts have them."""
    [(logged, channel, outside)] = server.published(
        "select sum(left_count)::bigint, sum(right_count)::bigint, sum(reason_count)::bigint "
        "from marts.marts.reconciliation "
        "where comparison = 'queue_log_and_cdr' and reason = 'outside_any_queue'",
    )
    assert isinstance(logged, int)
    assert isinstance(channel, int)
    line = chart(page, "Two numbers, and why they differ").locator("tbody tr").nth(1).inner_text()
    assert line.split("\t")[:3] == [
        f"{logged:,} contacts in the queue log",
        f"{channel:,} contacts in the CDR",
        f"+{channel - logged}",
    ]
    assert f"+{outside:,} outside any queue" in line
    assert line.endswith("● Explained")


def test_runs_and_feeds_are_those_of_ops(page: Page, server: Server) -> None:
    [(outcome, lines, rejected)] = server.published(
        "select (select outcome from marts.runs order by started_at desc limit 1), "
        "sum(lines_read)::bigint, sum(rejected)::bigint from marts.load_ledger",
        database="ops",
    )
    assert card(page, "Last run")[0] == str(outcome).capitalize()
    assert rejected == 0
    assert card(page, "Lines rejected") == ("0", f"● Of {lines:,} read")
    feeds = server.published("select distinct feed from marts.load_ledger", database="ops")
    assert chart(page, "How fresh each feed is").locator("tbody tr").count() == len(feeds)


def test_without_findings_it_says_so(executive: BrowserContext, server: Server) -> None:
    """Chosen in the filter: a site where nothing was found."""
    [(site,)] = server.published(
        "select subject_label from marts.marts.scorecards "
        "where subject_type = 'site' and subject_id not in ("
        "select site_id from marts.marts.outages union "
        "select site_id from marts.marts.shared_logins union "
        "select site_id from marts.marts.fct_contact_legs where employee_id is null) limit 1",
    )
    page = open_dashboard(executive, server, "data-quality", TALL)
    choose(page, "data-quality", "site", str(site))
    for sentence in (
        "● No outage was found.",
        "● No login was used by two people at once.",
        "● Every login belongs to somebody.",
        "● Every event of a call belongs to a contact.",
        "● No file is held.",
        "● Every line could be read.",
    ):
        page.get_by_text(sentence).wait_for()
    assert page.get_by_text("No results were returned").count() == 0
    assert card(page, "Shared logins") == ("0", "● None found")
    page.close()


@pytest.fixture
def held_back(server: Server) -> Iterator[None]:
    """Serve an ops file of a run that was held back by one file."""
    serving = server.home / "serving"
    before = os.readlink(serving / "ops.duckdb")
    target = serving / "ops" / "held-back.duckdb"
    shutil.copy((serving / "ops.duckdb").resolve(), target)
    path = "asterisk_cdr/site=riga/Master.csv"
    with duckdb.connect(str(target)) as ops:
        ops.execute(
            f"""
            insert into marts.runs values ('held-back', '2030-01-01 06:00', '2030-01-01 06:01',
                '2030-01-01 06:00', 'held back', 'Too many lines (raw.asterisk_cdr). And so on.');
            insert into marts.quality_results values ('held-back', '2030-01-01 06:01', 'raw',
                'rejected_lines', 'raw.asterisk_cdr', 'error', false, 'path={path}, rejected=8',
                'at most 5%', 'Too many lines (raw.asterisk_cdr). Observed: path={path}. '
                || 'Expected: at most 5%. What to do: replace the file.');
            insert into marts.held_files values
                ('asterisk_cdr', 'riga', '{path}', 'rejected_lines: expected at most 5%');
            insert into marts.load_ledger values
                ('asterisk_cdr', 'riga', '{path}', null, null, 28, 20, 8, 0, 'held');
            insert into marts.rejected_rows
            select 'asterisk_cdr', '{path}', line, 'line', '3 fields, expected 16 to 18'
            from generate_series(21, 28) as t (line);
            """
        )
    swap_link(serving / "ops.duckdb", "ops/held-back.duckdb")
    yield
    swap_link(serving / "ops.duckdb", before)
    target.unlink()


@pytest.mark.usefixtures("held_back")
def test_what_holds_a_run_back_is_named_and_what_to_do(
    executive: BrowserContext, server: Server
) -> None:
    page = open_dashboard(executive, server, "data-quality", TALL)
    assert card(page, "Last run") == ("Held back", "○ 1 Jan 2030, 06:01 UTC")
    assert card(page, "Checks failed") == ("1", "○ 1 of 1 block")
    assert card(page, "Files held")[0] == "1"
    assert card(page, "Lines rejected")[0] == "8"
    # Warnings of the run before it stand below: how old the newest event is, for one.
    failed = chart(page, "Checks that failed").locator("tbody tr").first.inner_text()
    for part in ("Held back", "Asterisk CDR", "Too many lines", "rejected=8", "replace the file."):
        assert part in failed
    held = chart(page, "Files that are held").locator("tbody tr").inner_text()
    assert "site=riga/Master.csv" in held
    assert held.endswith("8 of 28")
    unread = chart(page, "Lines that could not be read").locator("tbody tr").inner_text()
    assert "3 fields, expected 16 to 18" in unread
    assert "Master.csv, line 21" in unread
    page.close()
