"""Landing: every line accounted for, nothing twice, safe to kill at any moment."""

from __future__ import annotations

import gzip
import io
import logging
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dagster_project.lib import lake
from dagster_project.lib.feeds import FeedError, load_feeds
from dagster_project.lib.landed import ledger, write_landing_tables, write_ops_tables
from dagster_project.lib.landing import FileReport, Parser, site_of, unknown_entries
from dagster_project.lib.settings import Home, load_settings
from tests.landing import land

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
FEEDS = load_feeds()
PARSER = Parser("key", threads=1, memory_limit="1GB")
QUEUE_LOG = "asterisk_queue_log/site=riga/queue_log"
CDR = "asterisk_cdr/Master.csv"
CDR_ROW = (
    '"","60001234567","801","in","""A"" <60001234567>","SIP/t-1","SIP/1001-2","Queue","x",'
    '"2026-10-01 09:00:{second:02d}","","2026-10-01 09:01:00",60,50,"ANSWERED","DOCUMENTATION"'
)


class Line:
    """A home with an inbox, and what one asks of it."""

    def __init__(self, root: Path) -> None:
        """Make the folders."""
        self.home = Home(root / "home")
        self.inbox = root / "inbox"
        self.inbox.mkdir(parents=True)
        self.clock = 1_700_000_000

    def put(self, path: str, content: bytes | str) -> Path:
        """Deliver a file; each delivery is later than the one before."""
        file = self.inbox / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        self.clock += 1
        os.utime(file, (self.clock, self.clock))
        return file

    def land(self) -> dict[str, FileReport]:
        """Run landing; what became of each file."""
        return {report.path: report for report in land(self.home, self.inbox, FEEDS, PARSER)}

    def rows(self, feed: str, columns: str, folder: str = "raw") -> list[tuple[Any, ...]]:
        """Columns of all rows of a feed, sorted."""
        files = self.home.lake / folder / feed / "*.parquet"
        return duckdb.execute(
            f"select {columns} from read_parquet('{files}') order by all"
        ).fetchall()

    def logged(self) -> list[tuple[Any, ...]]:
        """Line numbers and times of the queue log."""
        return self.rows("asterisk_queue_log", "_line_number, epoch")

    def rejects(self, feed: str) -> list[tuple[Any, ...]]:
        """Where and why lines were rejected."""
        return self.rows(feed, "line_number, field, value, reason", "rejected")

    def parts(self, feed: str, folder: str = "raw") -> list[str]:
        """Names of a feed's parts."""
        return [str(name) for name in lake.names_in(self.home.lake / folder / feed)]


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path)


def log(*seconds: int, event: str = "RINGNOANSWER|1000") -> str:
    return "".join(f"{1_790_000_000 + s}|{s}.1|billing|Agent/1|{event}\n" for s in seconds)


def times(*seconds: int) -> list[tuple[int, int]]:
    return [(n, 1_790_000_000 + s) for n, s in enumerate(seconds, 1)]


# ---- real files ---------------------------------------------------------------------------------


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"the real files are not at {SHARED}")
def test_real_files(line: Line) -> None:
    line.put(QUEUE_LOG, (SHARED / "asterisk_queue_log" / "queue_log").read_bytes())
    for name, rows in (
        ("smallcdr.csv", 45),
        ("cdr.csv", 218),
        ("smallcdr_wo_parallelcalls.csv", 34),
    ):
        line.put(f"asterisk_cdr/{name}", (SHARED / "asterisk_cdr" / name).read_bytes())
        report = line.land()[f"asterisk_cdr/{name}"]
        assert (report.lines_read, report.accepted, report.rejected) == (rows, rows, 0)
    events = Counter(event for event, _ in line.rows("asterisk_queue_log", "event, _line_number"))
    assert events.total() == 278
    assert (events["ENTERQUEUE"], events["ABANDON"], events["RINGNOANSWER"]) == (21, 12, 221)


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"the real files are not at {SHARED}")
def test_equal_lines_of_one_file_are_two(line: Line) -> None:
    line.put(CDR, (SHARED / "asterisk_cdr" / "smallcdr.csv").read_bytes())
    line.land()
    assert len(line.rows("asterisk_cdr", "_line_number")) == 45
    content = ", ".join(f'"{name}"' for name in FEEDS["asterisk_cdr"].data_columns())
    assert len(set(line.rows("asterisk_cdr", content))) == 44
    assert sum(row.duplicates for row in ledger(line.home, FEEDS)) == 0


# ---- growth, replacement, rotation --------------------------------------------------------------


def test_only_new_lines_of_a_grown_file_are_read(line: Line) -> None:
    line.put(QUEUE_LOG, log(0, 1))
    line.land()
    line.put(QUEUE_LOG, log(0, 1, 2))
    report = line.land()[QUEUE_LOG]
    assert (report.new_lines, report.lines_read) == (1, 3)
    assert line.logged() == times(0, 1, 2)
    assert len(line.parts("asterisk_queue_log")) == 2
    starts = set(line.rows("asterisk_queue_log", "_file_started_at::varchar"))
    assert len(starts) == 1


def test_unfinished_line_is_read_again_when_it_grows(line: Line) -> None:
    line.put(QUEUE_LOG, log(0, 1) + "1790000002|2.1|billing|Agent/1|RINGNOANSWER|10")
    assert line.land()[QUEUE_LOG].accepted == 3
    line.put(QUEUE_LOG, log(0, 1, 2, 3))
    assert line.land()[QUEUE_LOG].new_lines == 2
    assert line.logged() == times(0, 1, 2, 3)
    assert line.rows("asterisk_queue_log", "max(data1::bigint)")[0] == (1000,)
    assert len(line.parts("asterisk_queue_log", "superseded")) == 1


def test_unfinished_line_alone(line: Line) -> None:
    line.put(QUEUE_LOG, log(0).strip())
    assert line.land()[QUEUE_LOG].accepted == 1
    line.put(QUEUE_LOG, log(0) + " ")
    line.land()
    line.put(QUEUE_LOG, log(0) + " \n" + log(1))
    line.land()
    assert [epoch for _, epoch in line.logged()] == [1_790_000_000, 1_790_000_001]
    assert line.logged()[-1][0] == 3


def test_other_content_replaces(line: Line) -> None:
    line.put(QUEUE_LOG, log(0, 1, 2) + log(3).strip())
    line.land()
    line.put(QUEUE_LOG, log(5, 6))
    line.land()
    assert line.logged() == times(5, 6)
    assert len(line.parts("asterisk_queue_log", "superseded")) == 2
    assert line.rejects("asterisk_queue_log") == []
    lake.clear_superseded(line.home)
    assert line.parts("asterisk_queue_log", "superseded") == []
    line.put(QUEUE_LOG, log(5))
    line.land()
    assert line.logged() == times(5)


def test_nothing_new_is_not_read(line: Line) -> None:
    file = line.put(QUEUE_LOG, log(0, 1))
    line.put("hr_identities/i.csv", "site,login,employee_id,valid_from\nr,A,E,2026-01-01\n")
    line.land()
    before = line.parts("asterisk_queue_log")
    assert {r.status for r in line.land().values()} == {"unchanged"}
    line.put(QUEUE_LOG, log(0, 1))  # touched
    line.put("hr_identities/i.csv", "site,login,employee_id,valid_from\nr,A,E,2026-01-01\n")
    assert {r.status for r in line.land().values()} == {"unchanged"}
    file.unlink()  # archived
    line.land()
    assert line.parts("asterisk_queue_log") == before


@pytest.mark.parametrize("packed", [False, True])
def test_a_rotated_copy_adds_nothing(line: Line, packed: bool) -> None:
    line.put(QUEUE_LOG, log(0, 0, 1, 2))
    line.land()
    old = log(0, 0, 1, 2, 3)
    if packed:
        line.put(f"{QUEUE_LOG}.1.gz", gzip.compress(old.encode()))
    else:
        line.put(f"{QUEUE_LOG}.1", old)
    line.land()
    kept = kept_lines(line)
    assert kept == [0, 0, 1, 2, 3]
    line.put(QUEUE_LOG, log(4))
    line.land()
    assert kept_lines(line) == [0, 0, 1, 2, 3, 4]
    for row in ledger(line.home, FEEDS):
        assert row.lines_read == row.accepted + row.rejected + row.duplicates


def kept_lines(line: Line) -> list[int]:
    """Seconds of the lines that are no duplicates."""
    with duckdb.connect() as con:
        write_landing_tables(con, line.home, FEEDS, "r", datetime(2026, 11, 1))
        return [
            row[0]
            for row in con.execute(
                "select epoch - 1790000000 "
                f"from '{line.home.raw}/asterisk_queue_log/*.parquet' raw "
                "anti join landing.log_duplicates d "
                "on raw._part = d.part and raw._line_number = d.line_number order by 1"
            ).fetchall()
        ]


def test_shared_lines_are_the_same_however_files_came(line: Line) -> None:
    folder = "asterisk_queue_log/site=riga"
    deliveries: list[dict[str, str | None]] = [
        {"a": log(0, 10, 20, 30), "b": log(20, 30, 40, 50)},
        {"b": log(20, 30, 40, 50, 60), "other": log(100, 110)},
        {"c": log(45, 50, 60, 60, 70)},
        # A file that says less than before gives lines back.
        {"b": log(40, 41)},
        {"a": log(0, 10), "d": log(5, 10, 110)},
        {"c": log(45, 46), "e": log(20)},
        {"a": None, "d": None},
    ]
    with duckdb.connect() as grown:
        for number, delivery in enumerate(deliveries):
            for name, content in delivery.items():
                if content is None:
                    # As retention takes the oldest lines out of the lake.
                    wanted = lake.path_hash(f"{folder}/{name}")
                    for part in (line.home.raw / "asterisk_queue_log").glob(f"{wanted}-*"):
                        part.unlink()
                else:
                    line.put(f"{folder}/{name}", content)
            if None not in delivery.values():
                line.land()
            found: list[list[tuple[Any, ...]]] = []
            for con in (grown, duckdb.connect()):
                write_landing_tables(con, line.home, FEEDS, str(number), datetime(2026, 11, 1))
                found.append(con.execute("from landing.log_duplicates order by all").fetchall())
            lake.clear_superseded(line.home)
            assert found[0] == found[1], number
            counted = grown.execute("select sum(duplicates) from landing.files").fetchall()
            assert counted == [(len(found[0]),)]


def test_the_same_lines_of_two_sites_are_different(line: Line) -> None:
    line.put("asterisk_queue_log/site=riga/queue_log", log(0))
    line.put("asterisk_queue_log/site=manila/queue_log", log(0))
    line.land()
    assert kept_lines(line) == [0, 0]
    assert site_of("asterisk_queue_log/site=riga/a/queue_log") == "riga"
    assert site_of("asterisk_queue_log/queue_log") == "default"


# ---- what is wrong with files -------------------------------------------------------------------


def test_bad_lines_are_named_and_the_rest_is_kept(line: Line) -> None:
    bad = [
        b"garbage",
        b"x|1.1|q|a|ABANDON|1|1|1",
        b"17|1.1|q|a|ABANDON|1|1|1",
        b"1790000001|1.1|q|a|DANCE",
        b"1790000001|1.1|q|a|CONNECT|soon",
        b"1790000001|1.1|q|\xff|CONNECT|1",
        b"1790000001|1.1|q|\0|CONNECT|1",
        b"1790000001|1.1|q|\x1f|CONNECT|1",
        b"1790000001|" + b"x" * (3 << 20),
    ]
    filler = log(*range(300)).encode()
    line.put(QUEUE_LOG, b"\n".join([log(0).strip().encode(), b"", *bad, b"  "]) + b"\n" + filler)
    report = line.land()[QUEUE_LOG]
    assert (report.lines_read, report.accepted, report.rejected) == (310, 301, 9)
    assert line.rejects("asterisk_queue_log") == [
        (3, "line", None, "fewer than 5 fields"),
        (4, "epoch", "x", "not a whole number"),
        (5, "epoch", "17", "not between 1990 and 2100"),
        (6, "event", "DANCE", "unknown event (expected one of those in feeds.yml)"),
        (7, "data1", "soon", "not a whole number"),
        (8, "line", None, "not UTF-8 (byte 0xff at 18)"),
        (9, "line", None, "NUL byte"),
        (10, "line", None, "control character"),
        (11, "line", None, "longer than 1048576 bytes"),
    ]
    assert [number for number, _ in line.logged()] == [1, *range(13, 313)]


@pytest.mark.parametrize(
    "content",
    [
        log(0, 1).encode().replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + log(0, 1).encode(),
        log(0).encode() + log(1).encode().replace(b"\n", b"\r\n"),
        gzip.compress(log(0).encode()) + gzip.compress(log(1).encode()),
    ],
)
def test_quirks_that_are_no_faults(line: Line, content: bytes) -> None:
    line.put(QUEUE_LOG, content)
    line.land()
    assert line.logged() == times(0, 1)
    assert set(line.rows("asterisk_queue_log", "data1")) == {("1000",)}


@pytest.mark.parametrize("path", [QUEUE_LOG, CDR, "surveys/s.csv", "hr_employees/e.csv.gz"])
def test_empty_files(line: Line, path: str) -> None:
    line.put(path, gzip.compress(b"") if path.endswith("gz") else b"")
    report = line.land()[path]
    assert (report.status, report.lines_read, report.message) == ("parsed", 0, None)
    assert line.land()[path].status == "unchanged"


def test_a_header_alone_has_no_lines(line: Line) -> None:
    line.put("hr_identities/i.csv", "site,login,employee_id,valid_from\n")
    assert line.land()["hr_identities/i.csv"].lines_read == 0


def test_random_bytes_never_crash(line: Line) -> None:
    dice = random.Random(3)
    paths = [QUEUE_LOG, CDR, "surveys/s.csv", "hr_employees/e.csv", "hr_schedules/s.csv.gz"]
    for turn in range(4):
        for path in paths:
            content = dice.randbytes(dice.randint(1, 3000))
            if turn == 1:
                content = b"PAR1" + content
            if turn == 2:
                content = b"\x1f\x8b" + content
            if turn == 3:
                content = b'"a,"b"",\n"' * dice.randint(1, 50)
            line.put(path, content)
        for report in line.land().values():
            assert report.lines_read == report.accepted + report.rejected
            assert report.rejected == len(line.rows(report.feed, "1", "rejected")), report
            assert report.accepted == 0


def test_a_cut_gzip_stream_is_held(line: Line) -> None:
    packed = gzip.compress(log(*random.Random(1).sample(range(9_000_000), 3000)).encode())
    line.put(f"{QUEUE_LOG}.gz", packed[: len(packed) // 2])
    report = line.land()[f"{QUEUE_LOG}.gz"]
    assert report.status == "held"
    assert "cut off" in str(report.message)
    assert line.logged() == []
    line.put(f"{QUEUE_LOG}.gz", packed)
    assert line.land()[f"{QUEUE_LOG}.gz"].accepted == 3000


def test_columns_of_csv_are_found_by_name(line: Line, caplog: pytest.LogCaptureFixture) -> None:
    line.put(
        "hr_employees/e.csv",
        "﻿employee_id,shoe_size,full_name,hire_date,employment_share,updated_at\r\n"
        'E1,44,"Ozola, ""Z""\r\nLaura",2026-01-01,0.5,2026-01-01T10:00:00+02:00\r\n'
        "E2,,Bo,31/12/2026,1,2026-01-01\r\n"
        ",,Cy,2026-01-01,1,2026-01-01\r\n"
        + "".join(f"F{i},,Di,,,2026-01-01 08:00\r\n" for i in range(60)),
    )
    with caplog.at_level(logging.WARNING):
        report = line.land()["hr_employees/e.csv"]
    assert (report.lines_read, report.rejected, report.status) == (63, 2, "parsed")
    assert caplog.text.count("columns ignored: shoe_size") == 1
    assert line.rejects("hr_employees") == [
        (2, "hire_date", "31/12/2026", "not a date (expected 2026-10-31)"),
        (3, "employee_id", None, "empty"),
    ]
    first = line.rows(
        "hr_employees", "employee_id, full_name, updated_at::varchar, updated_at_is_utc, base_pay"
    )[0]
    assert first[0] == "E1"
    assert first[1].replace("\r", "") == 'Ozola, "Z"\nLaura'
    assert first[2:] == ("2026-01-01 08:00:00", True, None)
    assert line.rows("hr_employees", "updated_at_is_utc")[0] == (False,)


def test_a_missing_column_rejects_the_file(line: Line) -> None:
    line.put("surveys/s.csv", "survey_id,answer\n1,5\n2,4\n")
    report = line.land()["surveys/s.csv"]
    assert (report.lines_read, report.rejected, report.status) == (2, 2, "held")
    assert "column answered_at, question is missing" in str(report.message)


def test_blank_lines_are_no_records_of_a_file_with_the_wrong_delimiter(line: Line) -> None:
    line.put("surveys/s.csv", "survey_id;question;answer\n\n1;csat;5\n  \n2;csat;4\n\n")
    report = line.land()["surveys/s.csv"]
    assert (report.lines_read, report.rejected, report.status) == (2, 2, "held")
    assert line.rejects("surveys") == [
        (1, "survey_id", None, "column is missing"),
        (2, "survey_id", None, "column is missing"),
    ]


def test_cdr_of_all_widths_and_faults(line: Line) -> None:
    rows = [CDR_ROW.format(second=s) for s in range(50)]
    rows[1] += ',"1.1"'
    rows[2] += ',"1.2","user"'
    rows.append("a,b,c")
    rows.append(rows[0].replace('"2026-10-01 09:00:00"', '"soon"'))
    line.put(CDR, "\n".join(rows) + "\n")
    report = line.land()[CDR]
    assert (report.lines_read, report.rejected) == (52, 2)
    assert [r[:2] for r in line.rejects("asterisk_cdr")] == [(51, "line"), (52, "start")]
    assert line.rows("asterisk_cdr", "uniqueid, userfield")[:3] == [
        ("1.1", None), ("1.2", "user"), (None, None),
    ]  # fmt: skip
    assert set(line.rows("asterisk_cdr", "dst, dst_hash")) == {("801", None)}
    line.put(CDR, "\n".join([*rows, rows[3]]) + "\n")
    assert line.land()[CDR].new_lines == 1
    assert line.rows("asterisk_cdr", "max(_line_number)") == [(53,)]


def test_parquet_is_read_like_csv(line: Line) -> None:
    (line.inbox / "hr_identities").mkdir()
    file = line.inbox / "hr_identities" / "i.parquet"
    duckdb.execute(
        "copy (select 'riga' as site, 'A' as login, 'E1' as employee_id, "
        f"date '2026-01-01' as valid_from) to '{file}'"
    )
    assert line.land()["hr_identities/i.parquet"].accepted == 1
    assert line.rows("hr_identities", "login, valid_from::varchar") == [("A", "2026-01-01")]


def test_a_damaged_parquet_file_harms_no_other(line: Line) -> None:
    """A column whose size is negative takes down the database that reads it."""
    sink = io.BytesIO()
    names = ("site", "login", "employee_id", "valid_from")
    pq.write_table(pa.table({name: ["2026-01-01"] for name in names}), sink, compression=None)
    content = bytearray(sink.getvalue())
    size = pq.ParquetFile(sink).metadata.row_group(0).column(0).total_compressed_size
    # Sizes are zigzag varints (the lowest bit is the sign), first of the plain, then of the packed.
    varint = bytes([size * 2 & 0x7F | 0x80, size * 2 >> 7])
    both = b"\x16" + varint + b"\x16" + varint
    assert content.count(both) == len(names)
    content[content.index(both) + 4] |= 1
    line.put("hr_identities/a.parquet", bytes(content))
    header = "site,login,employee_id,valid_from\n"
    for name in "bcd":
        line.put(f"hr_identities/{name}.csv", f"{header}riga,{name},E1,2026-01-01\n")
    reports = line.land()
    assert reports["hr_identities/a.parquet"].status == "held"
    assert "no readable Parquet file" in str(reports["hr_identities/a.parquet"].message)
    assert line.rows("hr_identities", "login") == [("b",), ("c",), ("d",)]


@pytest.mark.parametrize(("field", "at"), [("duration", 12), ("billsec", 13), ("disposition", 14)])
def test_an_empty_field_of_a_leg_is_said_to_be_empty(line: Line, field: str, at: int) -> None:
    fields = CDR_ROW.format(second=0).split(",")
    fields[at] = ""
    rows = [",".join(fields), *(CDR_ROW.format(second=s) for s in range(20))]
    line.put(CDR, "\n".join(rows) + "\n")
    line.land()
    assert line.rejects("asterisk_cdr") == [(1, field, None, "empty")]


def test_callers_are_only_hashes(line: Line) -> None:
    line.put(
        QUEUE_LOG,
        log(0, event="ENTERQUEUE||+371 2000-1234|1|John") + log(1, event="ENTERQUEUE||anonymous"),
    )
    line.put("surveys/s.csv", "survey_id,question,answered_at,answer,customer_ref\n"
             "1,csat,2026-10-01,5,37120001234\n")  # fmt: skip
    line.land()
    hashed = duckdb.execute("select left(sha256('key:37120001234'), 24)").fetchall()
    assert line.rows("asterisk_queue_log", "customer_hash, data2, data4") == [
        (*hashed[0], None, None), (None, None, None),
    ]  # fmt: skip
    assert line.rows("surveys", "customer_hash") == hashed


@pytest.mark.parametrize(
    ("name", "shown", "other"),
    [
        ("log[1]", "log[1]", "log1"),
        ("log*", "log*", "log2"),
        ("log?", "log?", "log3"),
        ("log\\[1]", "log\\[1]", "log\\1"),
        (os.fsdecode(b"log-Rezi\xe4"), "log-Rezi\\xe4", "log-Rezi"),
    ],
)
def test_a_name_is_no_pattern_and_may_be_no_utf_8(
    line: Line, name: str, shown: str, other: str
) -> None:
    line.put(f"asterisk_queue_log/{name}", log(0, 1))
    line.put(f"asterisk_queue_log/{other}", log(5, 6, 7))
    reports = line.land()
    assert reports[f"asterisk_queue_log/{shown}"].accepted == 2
    assert line.logged() == sorted(times(0, 1) + times(5, 6, 7))
    line.put(f"asterisk_queue_log/{name}", log(0, 1, 2))
    assert line.land()[f"asterisk_queue_log/{shown}"].new_lines == 1
    assert {report.status for report in line.land().values()} == {"unchanged"}


def test_an_impossible_time_rejects_its_line_only(line: Line) -> None:
    legs = [CDR_ROW.format(second=s) for s in range(40)]
    legs[7] = legs[7].replace("2026-10-01 09:00:07", "1900-01-01 09:00:07")
    legs[8] = legs[8].replace("2026-10-01 09:00:08", "2262-04-12 09:00:08")
    line.put(CDR, "\n".join(legs) + "\n")
    line.put(
        "hr_schedules/s.csv",
        "employee_id,starts_at,ends_at,activity\n"
        "E1,1900-01-01T09:00Z,2026-10-01T17:00Z,work\n"
        + "".join(
            f"E1,2026-10-01T{n // 60:02}:{n % 60:02}Z,2026-10-01T17:00Z,work\n" for n in range(40)
        ),
    )
    line.put(
        "hr_assignments/a.csv",
        "employee_id,role,site,valid_from,valid_to\nE1,agent,riga,1900-01-01,2262-04-12\n",
    )
    reports = line.land()
    assert {report.status for report in reports.values()} == {"parsed"}
    assert line.rejects("asterisk_cdr") == [
        (8, "start", "1900-01-01 09:00:07", "not between 1990 and 2100"),
        (9, "start", "2262-04-12 09:00:08", "not between 1990 and 2100"),
    ]
    assert line.rejects("hr_schedules") == [
        (1, "starts_at", "1900-01-01T09:00Z", "not between 1990 and 2100"),
    ]
    # Days of validity may lie anywhere.
    assert line.rejects("hr_assignments") == []


def test_a_header_that_is_none_stays_short_and_printable(
    line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        line.put("surveys/s.csv", "\x1b[31m" + "x" * 500 + "," + "1,2," * 5000)
        report = line.land()["surveys/s.csv"]
    assert report.status == "held"
    assert "survey_id, answered_at, question, answer is missing" in str(report.message)
    assert "and 9962 more" in str(report.message)
    assert len(str(report.message)) < 500
    assert "\x1b" not in caplog.text and "x" * 50 not in caplog.text


# ---- held files ---------------------------------------------------------------------------------


def test_a_held_file_waits_until_it_is_replaced_removed_or_released(line: Line) -> None:
    line.put(QUEUE_LOG, log(0))
    line.land()
    poison = log(0) + "garbage\n" * 10 + log(1)
    file = line.put(QUEUE_LOG, poison)
    assert line.land()[QUEUE_LOG].status == "held"
    assert line.land()[QUEUE_LOG].status == "held"
    assert line.logged() == times(0)
    assert {r.state for r in ledger(line.home, FEEDS)} == {"live", "held"}
    assert len(line.rejects("asterisk_queue_log")) == 10

    file.unlink()
    line.land()
    assert lake.held_notes(line.home, FEEDS["asterisk_queue_log"]) == {}
    assert line.rejects("asterisk_queue_log") == []

    line.put(QUEUE_LOG, poison)
    line.land()
    line.put(QUEUE_LOG, log(0, 1))
    assert line.land()[QUEUE_LOG].status == "parsed"
    assert line.logged() == times(0, 1)

    line.put(QUEUE_LOG, log(0, 1) + "garbage\n" * 10 + log(2))
    line.land()
    with pytest.raises(LookupError, match="held files: asterisk_queue_log/site=riga/queue_log"):
        lake.release(line.home, FEEDS.values(), "other", "Ann", "fine")
    lake.release(line.home, FEEDS.values(), QUEUE_LOG, "Ann", "known fault of the switch")
    report = line.land()[QUEUE_LOG]
    assert (report.status, report.released_by, report.accepted) == ("parsed", "Ann", 3)
    assert len(line.logged()) == 3
    assert len(line.rejects("asterisk_queue_log")) == 10
    assert line.land()[QUEUE_LOG].status == "unchanged"


# ---- the tables of the warehouse ----------------------------------------------------------------


def test_states_are_relative_to_the_last_publication(line: Line) -> None:
    header = "employee_id,full_name,updated_at\n"
    line.put("hr_employees/a.csv", header + "E1,A,2026-01-01\nE2,B,2026-01-01\n")
    line.land()
    with duckdb.connect() as con:
        write_landing_tables(con, line.home, FEEDS, "r1", datetime(2026, 11, 1))
        assert states(con) == [("hr_employees/a.csv", "new", 2, 2, 0)]
        line.put("hr_employees/a.csv", header + "E1,A,2026-01-01\n")
        line.put("hr_employees/b.csv", header + "E1,A2,2026-02-01\n")
        line.land()
        write_landing_tables(con, line.home, FEEDS, "r2", datetime(2026, 11, 2))
        assert states(con) == [
            ("hr_employees/a.csv", "gone", 2, 2, 0),
            ("hr_employees/a.csv", "new", 1, 0, 1),
            ("hr_employees/b.csv", "new", 1, 1, 0),
        ]
        assert con.execute("from landing.run").fetchall() == [
            ("r2", datetime(2026, 11, 2), datetime(2026, 11, 1))
        ]
        lake.clear_superseded(line.home)
        write_landing_tables(con, line.home, FEEDS, "r3", datetime(2026, 11, 3))
        assert {row[1] for row in states(con)} == {"seen"}
        con.execute("create schema ops")
        write_ops_tables(con, line.home, FEEDS, "ops")
        assert con.execute("select sum(lines_read) from ops.load_ledger").fetchall() == [(2,)]


def states(con: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    return con.execute(
        "select path, state, lines_read, accepted, duplicates from landing.files order by all"
    ).fetchall()


def test_feeds_without_files_are_readable(line: Line) -> None:
    line.land()
    for name, feed in FEEDS.items():
        for folder in ("raw", "superseded"):
            assert line.rows(name, ", ".join(f'"{c}"' for c in feed.raw_columns()), folder) == []


def test_unknown_folders_are_named(line: Line) -> None:
    line.put("astrisk_cdr/Master.csv", "x")
    line.put("surveys/readme.txt", "x")
    line.put("stray.csv", "x")
    assert set(unknown_entries(line.inbox, FEEDS)) == {
        "astrisk_cdr", "surveys/readme.txt", "stray.csv",
    }  # fmt: skip


# ---- kill ---------------------------------------------------------------------------------------

LAND = (
    "import sys; from pathlib import Path\n"
    "from dagster_project.lib.feeds import load_feeds\n"
    "from dagster_project.lib.landing import Parser\n"
    "from dagster_project.lib.settings import Home\n"
    "from tests.landing import land\n"
    "print('ready', flush=True)\n"
    "land(Home(Path(sys.argv[1])), Path(sys.argv[2]), load_feeds(), Parser('key', 1, '1GB'))\n"
)


@pytest.mark.slow
def test_kill_at_any_moment(line: Line, tmp_path: Path) -> None:
    dice = random.Random(7)
    for n in range(40):
        line.put(f"asterisk_queue_log/queue_log-{n:02d}", log(*range(n * 100, n * 100 + 90)))
    line.put("asterisk_queue_log/tail", log(1) + "1790000002|2.1|q")
    undisturbed = Line(tmp_path / "other")
    shutil.copytree(line.inbox, undisturbed.inbox, dirs_exist_ok=True)
    started = time.monotonic()
    undisturbed.land()
    duration = time.monotonic() - started
    for turn in range(8):
        if turn == 4:
            for target in (line, undisturbed):
                target.clock = line.clock
                target.put("asterisk_queue_log/queue_log-00", log(5, 6, 7))
                target.put("asterisk_queue_log/tail", log(1, 2) + "x")
        run = subprocess.Popen(
            [sys.executable, "-c", LAND, str(line.home.root), str(line.inbox)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
        )
        assert run.stdout
        run.stdout.readline()
        time.sleep(dice.random() * duration)
        run.send_signal(signal.SIGKILL)
        run.wait()
        run.stdout.close()
    line.land()
    undisturbed.land()
    everything = "* exclude (_part)"
    assert line.rows("asterisk_queue_log", everything) == undisturbed.rows(
        "asterisk_queue_log", everything
    )
    assert line.rows("asterisk_queue_log", "*", "rejected") == undisturbed.rows(
        "asterisk_queue_log", "*", "rejected"
    )
    assert not list(line.home.lake.rglob("*.tmp"))


# ---- settings and declarations ------------------------------------------------------------------


def test_hash_key_is_made_once_and_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MERITLINE_HASH_KEY", raising=False)
    settings = load_settings(tmp_path)
    key = settings.hash_key()
    assert len(key) == 64
    assert settings.hash_key() == key
    assert settings.home.hash_key.stat().st_mode & 0o777 == 0o600
    monkeypatch.setenv("MERITLINE_PORT", "x")
    with pytest.raises(ValueError, match="MERITLINE_PORT is 'x'"):
        load_settings(tmp_path)


def test_a_home_keeps_the_key_it_began_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MERITLINE_HASH_KEY", "mine")
    assert load_settings(tmp_path).hash_key() == "mine"
    monkeypatch.setenv("MERITLINE_HASH_KEY", "another")
    with pytest.raises(ValueError, match="is not the key that the numbers in"):
        load_settings(tmp_path).hash_key()
    monkeypatch.delenv("MERITLINE_HASH_KEY")
    with pytest.raises(ValueError, match="give the same one"):
        load_settings(tmp_path).hash_key()
    assert not load_settings(tmp_path).home.hash_key.exists()
    monkeypatch.setenv("MERITLINE_HASH_KEY", "mine")
    assert load_settings(tmp_path).hash_key() == "mine"


def test_mistakes_in_declarations_are_named(tmp_path: Path) -> None:
    file = tmp_path / "feeds.yml"
    file.write_text("a: {format: csv, columns: {x: strng}}")
    with pytest.raises(FeedError, match=r"a\.x: type is 'strng'"):
        load_feeds(file)
    file.write_text("a: {format: csv, key: [y], columns: {x: string}}")
    with pytest.raises(FeedError, match="y is no column"):
        load_feeds(file)
    file.write_text("a: {format: xml}")
    with pytest.raises(FeedError, match="format is 'xml'"):
        load_feeds(file)
