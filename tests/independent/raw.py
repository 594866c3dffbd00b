"""Reads an inbox's raw files as they are: lines, copies, local times, and nothing of the warehouse.

Everything in this folder is the standard library only, and written from the published rules alone,
so that it can disagree with the warehouse.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

DEFAULT_SITE = "default"
# Places of the data fields that hold numbers, counted from 0.
NUMBERS = {
    "CONNECT": (0, 2),
    "COMPLETEAGENT": (0, 1),
    "COMPLETECALLER": (0, 1),
    "ABANDON": (0, 1, 2),
    "EXITWITHTIMEOUT": (0, 1, 2),
    "EXITEMPTY": (0, 1, 2),
    "EXITWITHKEY": (1, 2, 3),
    "RINGNOANSWER": (0,),
    "RINGCANCELED": (0,),
    "BLINDTRANSFER": (2, 3),
    "TRANSFER": (2, 3),
    "ATTENDEDTRANSFER": (2, 3),
}
# Where Master.csv has the columns of the `cdr` table that tell of a call.
CDR_TABLE = (
    "accountcode",
    "src",
    "dst",
    "dcontext",
    "clid",
    "channel",
    "dstchannel",
    "lastapp",
    "lastdata",
    "",
    "",
    "",
    "duration",
    "billsec",
    "disposition",
)


@dataclass(slots=True)
class LogFile:
    """One delivered log file: its records with their line numbers, in the file's own order."""

    site: str
    path: str
    records: list[tuple[int, str]]
    epochs: list[int]
    rejected: int

    @property
    def first(self) -> int:
        """Epoch of the earliest event."""
        return min(self.epochs)

    @property
    def last(self) -> int:
        """Epoch of the latest event."""
        return max(self.epochs)


@dataclass(slots=True)
class LogCounts:
    """What became of the lines of one feed: read = accepted + rejected + duplicates."""

    read: int = 0
    accepted: int = 0
    rejected: int = 0
    duplicates: int = 0


class Zone:
    """Turns a site's instants into local dates and its local texts into instants."""

    def __init__(self, name: str) -> None:
        """Opens the IANA zone `name`."""
        self.zone = ZoneInfo(name)
        self._dates: dict[int, str] = {}

    def date_of(self, epoch: int) -> str:
        """Local ISO date of an instant."""
        # Offsets and midnights only fall on quarters of an hour, so a quarter has one date.
        quarter = epoch // 900
        known = self._dates.get(quarter)
        if known is None:
            known = datetime.fromtimestamp(epoch, self.zone).date().isoformat()
            self._dates[quarter] = known
        return known

    def days_of(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The parts of a span on each local date."""
        while start < end:
            today = datetime.fromtimestamp(start, self.zone)
            tomorrow = datetime.combine(
                today.date() + timedelta(days=1), datetime.min.time(), self.zone
            )
            until = min(end, int(tomorrow.timestamp()))
            yield start, until
            start = until

    def epoch_of(self, text: str) -> int:
        """Instant of an ISO text: as written when it has an offset, else the site's local time.

        What the clocks tell twice counts the second time.
        """
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self.zone, fold=1)
        return int(moment.timestamp())


@cache
def zone_named(name: str) -> Zone:
    """The one `Zone` of a name."""
    return Zone(name)


def read_text(path: Path) -> str:
    """Content of a plain or gzipped file."""
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    return data.decode("utf-8-sig", errors="replace")


def feed_files(inbox: Path, feed: str) -> list[tuple[str, Path]]:
    """(site, file) of every delivered file of a feed."""
    found = []
    for path in sorted((inbox / feed).rglob("*")):
        parts = path.relative_to(inbox / feed).parts
        if not path.is_file() or any(part.startswith(".") for part in parts):
            continue
        sites = [part[5:] for part in parts[:-1] if part.startswith("site=")]
        found.append((sites[0] if sites else DEFAULT_SITE, path))
    return found


def read_csv(inbox: Path, feed: str) -> Iterator[tuple[str, dict[str, str | None]]]:
    """(site, record) of every CSV record of a feed; an empty field is None."""
    for site, path in feed_files(inbox, feed):
        for row in csv.DictReader(io.StringIO(read_text(path), newline="")):
            yield site, {key: (value or None) for key, value in row.items() if key}


def read_seed(seeds: Path, name: str) -> list[dict[str, str]]:
    """Records of one file of the organisation's settings; none where it has no such file."""
    if not (seeds / f"{name}.csv").exists():
        return []
    with (seeds / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def queue_log_epoch(line: str) -> int | None:
    """Epoch of a queue_log line, None when the line is not one."""
    fields = line.split("|")
    if len(fields) < 5 or not fields[0].isdigit() or not fields[4].strip():
        return None
    for index in NUMBERS.get(fields[4].strip(), ()):
        if len(fields) > 5 + index:
            text = fields[5 + index].strip()
            if text and not text.isdigit():
                return None
    return int(fields[0])


def log_lines(text: str, zone: Zone) -> Iterator[str]:
    """Lines of a queue_log; those of its realtime table, a CSV, as the log would have them.

    The table has whole seconds or the exchange's wall clock.
    """
    head = text.split("\n", 1)[0].lower()
    if "," not in head or "queuename" not in head:
        yield from text.split("\n")
        return
    for row in csv.DictReader(io.StringIO(text, newline="")):
        moment = row["time"]
        at = int(moment) if moment.isdigit() else zone.epoch_of(moment)
        data = [row.get(f"data{number}") or "" for number in range(1, 6)]
        while data and not data[-1]:
            data.pop()
        yield "|".join(
            [str(at), row["callid"], row["queuename"], row["agent"], row["event"], *data]
        )


def read_queue_log(site: str, path: Path, zone: Zone) -> LogFile:
    """Lines of one queue_log file; blank ones are no lines, malformed ones are rejected."""
    records: list[tuple[int, str]] = []
    epochs: list[int] = []
    rejected = 0
    for number, raw in enumerate(log_lines(read_text(path), zone), start=1):
        line = raw.rstrip("\r")
        if not line.strip():
            continue
        epoch = queue_log_epoch(line)
        if epoch is None:
            rejected += 1
            continue
        records.append((number, line))
        epochs.append(epoch)
    return LogFile(site, str(path), records, epochs, rejected)


def overlapping(files: list[LogFile]) -> Iterator[list[LogFile]]:
    """Groups of files whose spans of time touch; equal lines can only stand within a group."""
    group: list[LogFile] = []
    until = 0
    for file in sorted(files, key=lambda one: (one.first, one.path)):
        if group and file.first > until:
            yield group
            group = []
        group.append(file)
        until = max(until, file.last)
    if group:
        yield group


def keep_once(group: list[LogFile]) -> Iterator[tuple[LogFile, int, int, str]]:
    """(file, epoch, line number, line) without the copies.

    Of each distinct line as many are kept as the file has that has it most often; they are that
    file's (of equals the one that starts earlier), which settles their place in the order.
    """
    home: dict[str, tuple[int, int]] = {}
    if len(group) > 1:
        for index, file in enumerate(group):
            for line, times in Counter(text for _, text in file.records).items():
                if line not in home or times > home[line][0]:
                    home[line] = (times, index)
    for index, file in enumerate(group):
        for epoch, (number, line) in zip(file.epochs, file.records, strict=True):
            if not home or home[line][1] == index:
                yield file, epoch, number, line


def queue_events(
    inbox: Path, zones: dict[str, Zone]
) -> tuple[dict[str, list[list[str]]], LogCounts]:
    """Every site's queue_log events in their order, without copies: the fields of each line."""
    by_site: dict[str, list[LogFile]] = defaultdict(list)
    counts = LogCounts()
    for site, path in feed_files(inbox, "asterisk_queue_log"):
        file = read_queue_log(site, path, zones.get(site) or zone_named("UTC"))
        counts.read += len(file.records) + file.rejected
        counts.rejected += file.rejected
        if file.records:
            by_site[site].append(file)
    events: dict[str, list[list[str]]] = {}
    for site, files in by_site.items():
        placed = []
        for group in overlapping(files):
            # Groups do not touch in time, so ordering within each orders the whole.
            starts = {file.path: file.first for file in group}
            rows = [
                (epoch, starts[file.path], file.path, number, line)
                for file, epoch, number, line in keep_once(group)
            ]
            rows.sort()
            placed.extend(row[4].split("|") for row in rows)
        events[site] = placed
        counts.accepted += len(placed)
    counts.duplicates = counts.read - counts.rejected - counts.accepted
    return events, counts


@dataclass(slots=True)
class CdrRow:
    """One row of Master.csv, its local times as instants."""

    site: str
    src: str
    dst: str
    channel: str
    dstchannel: str
    start: int
    answer: int | None
    end: int
    billsec: int
    disposition: str
    uniqueid: str
    linkedid: str


def parse_cdr(site: str, fields: list[str], zone: Zone) -> CdrRow | None:
    """A Master.csv record, None when it is not one."""
    if len(fields) not in (16, 17, 18, 21):
        return None
    uniqueid = fields[16].strip() if len(fields) > 16 else ""
    linkedid = fields[19].strip() if len(fields) > 19 else ""
    try:
        return CdrRow(
            site=site,
            src=fields[1],
            dst=fields[2],
            channel=fields[5],
            dstchannel=fields[6],
            start=zone.epoch_of(fields[9]),
            answer=zone.epoch_of(fields[10]) if fields[10].strip() else None,
            end=zone.epoch_of(fields[11]) if fields[11].strip() else zone.epoch_of(fields[9]),
            billsec=int(fields[13]),
            disposition=fields[14].strip().upper(),
            uniqueid=uniqueid,
            linkedid=linkedid,
        )
    except ValueError:
        return None


def cdr_records(text: str) -> Iterator[list[str]]:
    """Records of Master.csv; those of the `cdr` table as that would have them, with linkedid."""
    records = csv.reader(io.StringIO(text, newline=""))
    head = next(records, [])
    if "calldate" not in head:
        if any(head):
            yield head
        yield from (fields for fields in records if any(fields))
        return
    for fields in records:
        row = dict(zip(head, fields, strict=False))
        begun = datetime.fromisoformat(row["calldate"])
        ended = begun + timedelta(seconds=int(row["duration"]))
        found = [""] * 21
        for index, name in enumerate(CDR_TABLE):
            found[index] = row.get(name, "")
        found[9], found[11] = str(begun), str(ended)
        found[16], found[19] = row["uniqueid"], row["linkedid"]
        yield found


def cdr_rows(inbox: Path, zones: dict[str, Zone]) -> tuple[dict[str, list[CdrRow]], LogCounts]:
    """Every site's CDR rows without copies, in the order of their files and lines."""
    counts = LogCounts()
    copies: dict[str, dict[tuple[str, ...], int]] = defaultdict(dict)
    rows: dict[str, list[CdrRow]] = defaultdict(list)
    for site, path in feed_files(inbox, "asterisk_cdr"):
        zone = zones.get(site) or zone_named("UTC")
        here: Counter[tuple[str, ...]] = Counter()
        known = copies[site]
        for fields in cdr_records(read_text(path)):
            counts.read += 1
            row = parse_cdr(site, fields, zone)
            if row is None:
                counts.rejected += 1
                continue
            key = tuple(fields)
            here[key] += 1
            if here[key] > known.get(key, 0):
                known[key] = here[key]
                rows[site].append(row)
                counts.accepted += 1
    counts.duplicates = counts.read - counts.rejected - counts.accepted
    return dict(rows), counts


def instant(text: str) -> int:
    """Epoch of an ISO date or instant in UTC, such as a run's as-of."""
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
