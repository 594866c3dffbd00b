"""Landing without the rest of the line, for tests that look at one file at a time.

A run lets Great Expectations judge the parsed files (tests/faults/test_fuzz.py and
tests/pipeline/test_exit_codes.py land that way), which takes longer than the landing of a few lines
does. Here the limits that a feed declares decide.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dagster_project.lib import lake
from dagster_project.lib.feeds import Feed
from dagster_project.lib.landing import FileReport, Parser, admit, hold, parse_feed
from dagster_project.lib.settings import Home


def land(home: Home, inbox: Path, feeds: Mapping[str, Feed], parser: Parser) -> list[FileReport]:
    """Land everything; what became of each file."""
    lake.prepare(home, feeds.values())
    reports: list[FileReport] = []
    for feed in feeds.values():
        passed: list[FileReport] = []
        for report in parse_feed(home, inbox, feed, parser):
            if report.status != "parsed":
                reports.append(report)
            elif report.released_by or report.rejected_ratio <= feed.max_rejected_ratio:
                passed.append(report)
            else:
                reports.append(hold(home, feed, report, report.fault))
        admit(home, feed, passed)
        reports += passed
    return reports
