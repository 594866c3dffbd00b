"""Files of the demo, damaged at random, and how many records of each can be told without landing.

A mutant is one file of a feed (as it is or as a table with a header; plain, in gzip or in Parquet)
with up to three damages, each of which says what lines it touched.
"""

from __future__ import annotations

import csv
import gzip
import io
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.lib.feeds import Feed

LINES = 60  # of a file: enough for one bad line to stay below a file's 5 %
LONG = (1 << 20) + 1000  # longer than a line may be
TIME = re.compile(rb"\b20\d\d-\d\d-\d\d|^\d{10}\b")
ODD_TIMES = (
    *b"1900-01-01 2262-04-12 9999-12-31 0000-00-00 2026-02-30 -2026-01-01 1970-01-01".split(),
    *b"-2208988800 9223286400 9223372036854775808 1e9 0 1790000000.5".split(),
)
FORMULAS = (
    *(b"=1+1", b"=cmd|'/C calc'!A0", b"+49", b"-2+3", b"@SUM(A1:A9)", b'=HYPERLINK("x")', b"\t=1"),
)
ODD_TEXTS = (
    *b"NaN inf 1e400 NULL 99999999999999999999 -0 0x10 \xe2\x80\xae \xf0\x9f\x8e\xa7".split(),
    *(b"", b"\xc2\x85", b"\xe2\x80\xa8", b"\x0b\x0c", b"\\", b"'; drop table x", b"\x7f", b"x,x|x"),
)
ODD_JSON = (
    *(b"[]", b"null", b"1", b'"text"', b"{", b"{}", b"NaN", b"{'a': 1}", b"[" * 5000),
    *(b'{"a":' * 3000, b'{"ContactId": "\\u0000"}', b'{"ContactId": "\\ud800"}'),
    *(b'{"ContactId": ["x"]}', b'{"ContactId": "x", "ContactId": "y"}', b'{"Agent": 5}'),
)
# What a log's table is called in Asterisk's own files.
TABLES = {
    "queue_log": "time,callid,queuename,agent,event,data1,data2,data3,data4,data5",
    "cdr": "accountcode,src,dst,dcontext,clid,channel,dstchannel,lastapp,lastdata,start,answer,"
    "end,duration,billsec,disposition,amaflags,uniqueid,userfield",
}
RECORD = re.compile(rb'(?:[^",]*|"(?:[^"]|"")*")(?:,(?:[^",]*|"(?:[^"]|"")*"))*')


@dataclass(frozen=True)
class Source:
    """The beginning of a file of the demo; the first line of a table is its header."""

    feed: Feed
    folder: str
    lines: tuple[bytes, ...]
    is_table: bool

    @property
    def is_csv(self) -> bool:
        """Whether its lines are fields with quotes."""
        return self.is_table or self.feed.format in ("csv", "cdr")


@dataclass(frozen=True)
class Mutant:
    """A damaged file.

    Attributes:
        path: Where it is delivered, from the home.
        said: What was done to it.
        records: How many records it has, where that can be counted.
        touched: Numbers of its damaged records, where all others are as they were.
    """

    feed: Feed
    path: str
    content: bytes
    said: str
    records: int | None
    touched: frozenset[int] | None


def sources(inbox: Path, feeds: dict[str, Feed]) -> list[Source]:
    """One source for each feed, and for Asterisk's logs one more as a table."""
    found: list[Source] = []
    for feed in feeds.values():
        files = [f for f in (inbox / feed.name).rglob("*") if f.is_file() and f.suffix != ".gz"]
        file = max(sorted(files), key=lambda f: f.stat().st_size)
        lines = tuple(file.read_bytes().splitlines(keepends=True)[:LINES])
        folder = file.parent.relative_to(inbox).as_posix()
        found.append(Source(feed, folder, lines, feed.format == "csv" and not feed.header))
        if feed.format in TABLES:
            found.append(Source(feed, folder, tuple(as_table(feed.format, lines)), is_table=True))
    return found


def as_table(kind: str, lines: tuple[bytes, ...]) -> Iterator[bytes]:
    """A log as its table is exported."""
    yield TABLES[kind].encode() + b"\n"
    width = TABLES[kind].count(",") + 1
    for line in lines:
        text = line.strip()
        text = text.replace(b"|", b",") if kind == "queue_log" else text
        missing = width - len(next(csv.reader([text.decode()])))
        yield text + b"," * missing + b"\n"


@dataclass
class Line:
    """A line with its end, and whether a damage touched it."""

    text: bytes
    is_touched: bool = False


@dataclass
class Draft:
    """A file while it is damaged."""

    source: Source
    dice: random.Random
    lines: list[Line]
    is_in_lines: bool = True
    """Whether what no damage touched still stands in lines of its own."""
    said: list[str] = field(default_factory=list[str])

    # ---- damages -------------------------------------------------------------------------------

    def cut(self) -> None:
        """The end is missing."""
        last = self.lines[self.dice.randrange(len(self.lines))]
        del self.lines[self.lines.index(last) + 1 :]
        last.text, last.is_touched = last.text[: self.dice.randrange(len(last.text) + 1)], True

    def headless(self) -> None:
        """The beginning is missing."""
        del self.lines[: self.dice.randrange(len(self.lines))]
        first = self.lines[0]
        first.text, first.is_touched = first.text[self.dice.randrange(len(first.text) + 1) :], True

    def empty(self) -> None:
        """Nothing is there."""
        self.lines.clear()

    def header_only(self) -> None:
        """The first line alone."""
        del self.lines[1:]

    def header_again(self) -> None:
        """The first line stands once more in the middle."""
        self.insert(self.lines[0].text)

    def blank_lines(self) -> None:
        """Some lines have nothing in them."""
        for _ in range(self.dice.randint(1, 4)):
            self.insert(self.dice.choice([b"\n", b"  \n", b"\r\n"]), is_touched=False)

    def utf_16(self) -> None:
        """The wrong encoding, everywhere."""
        mark, name = self.dice.choice([(b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")])
        text = b"".join(line.text for line in self.lines).decode("utf-8", "replace")
        self.lines, self.is_in_lines = [Line(mark + text.encode(name), is_touched=True)], False

    def latin(self) -> None:
        """The wrong encoding in one line."""
        self.into_a_line("Bērziņš".encode("cp1257"))

    def byte_order_mark(self) -> None:
        """The right encoding, with a mark."""
        self.lines[0].text = b"\xef\xbb\xbf" + self.lines[0].text

    def nul_bytes(self) -> None:
        """NUL bytes in one line."""
        self.into_a_line(bytes(self.dice.choice([1, 3, 4096])))

    def zeroes_at_the_end(self) -> None:
        """What a machine that lost power leaves."""
        self.lines[-1].is_touched |= not self.lines[-1].text.endswith(b"\n")
        self.lines.append(Line(bytes(self.dice.choice([1, 512])), is_touched=True))

    def long_line(self) -> None:
        """A very long line."""
        self.into_a_line(b"x" * self.dice.choice([5000, LONG, 3 * LONG]))

    def delimiter(self) -> None:
        """The wrong delimiter, everywhere or in one line."""
        old = b"," if self.source.is_csv or self.source.feed.format == "json_lines" else b"|"
        new = self.dice.choice([b";", b"\t", b"|", b",", b" "])
        if self.dice.random() < 0.5:
            line = self.any_line()
            line.text = line.text.replace(old, new)
        else:
            for line in self.lines:
                line.text, line.is_touched = line.text.replace(old, new), True

    def odd_time(self) -> None:
        """Times of other centuries, and days that are none."""
        line = self.any_line()
        line.text = TIME.sub(self.dice.choice(ODD_TIMES), line.text, self.dice.randint(1, 3))

    def formula(self) -> None:
        """What a spreadsheet would compute."""
        self.into_a_field(self.dice.choice(FORMULAS))

    def odd_text(self) -> None:
        """Texts that are no value, or too large a one."""
        self.into_a_field(self.dice.choice(ODD_TEXTS))

    def open_quote(self) -> None:
        """A quote that is not closed."""
        self.into_a_line(b'"')

    def control_character(self) -> None:
        """A character that separates, ends or colours something."""
        self.into_a_line(self.dice.choice([b"\x1e", b"\x1f", b"\x1a", b"\r", b"\x07", b"\x1b[3m"]))

    def windows_line_ends(self) -> None:
        """Lines end in two characters."""
        for line in self.lines:
            line.text = line.text.replace(b"\n", b"\r\n")

    def old_line_ends(self) -> None:
        """Lines end in the wrong character."""
        for line in self.lines:
            line.text = line.text.replace(b"\n", b"\r")
        self.is_in_lines = False

    def flipped_bytes(self) -> None:
        """Some bytes are others."""
        for _ in range(self.dice.randint(1, 5)):
            line = self.any_line()
            at = self.dice.randrange(len(line.text) + 1)
            line.text = line.text[:at] + self.dice.randbytes(1) + line.text[at + 1 :]
        self.is_in_lines = False

    def columns(self) -> None:
        """A column of a table is called otherwise, twice the same, or not at all."""
        if self.source.is_table:
            names = self.lines[0].text.strip().split(b",")
            at = self.dice.randrange(len(names))
            names[at] = self.dice.choice([b"", b"x", names[0], names[at].upper(), b'a"b', b"\xff"])
            self.lines[0] = Line(b",".join(names) + b"\n", is_touched=True)

    def odd_json(self) -> None:
        """JSON that is no record."""
        if self.source.feed.format == "json_lines":
            self.insert(self.dice.choice(ODD_JSON) + b"\n")

    # ---- what they are made of -----------------------------------------------------------------

    def any_line(self) -> Line:
        """A line to be damaged; seldom the first, which may be a header."""
        line = self.dice.choice(self.lines[1:] or self.lines)
        line = self.lines[0] if self.dice.random() < 0.03 else line
        line.is_touched = True
        return line

    def into_a_line(self, text: bytes) -> None:
        """Put a text somewhere into a line."""
        line = self.any_line()
        at = self.dice.randrange(len(line.text) + 1)
        at -= at == len(line.text) and line.text.endswith(b"\n")
        line.text = line.text[:at] + text + line.text[at:]

    def into_a_field(self, text: bytes) -> None:
        """Put a text in the place of a field."""
        line = self.any_line()
        mark = b"," if self.source.is_csv else b"|"
        fields = line.text.rstrip(b"\n").split(mark)
        fields[self.dice.randrange(len(fields))] = text
        line.text = mark.join(fields) + b"\n"

    def insert(self, text: bytes, *, is_touched: bool = True) -> None:
        """Put a line somewhere after the first."""
        at = self.dice.randint(1, len(self.lines))
        before = self.lines[at - 1]
        before.text += b"" if before.text.endswith(b"\n") else b"\n"
        self.lines.insert(at, Line(text, is_touched))

    def records(self, content: bytes) -> tuple[int | None, frozenset[int] | None]:
        """How many records, and which of them were touched, where that can be told."""
        source, lines = self.source, [line.text for line in self.lines]
        records = count_records(content, source)
        is_header_whole = not source.is_table or not self.lines or not self.lines[0].is_touched
        if not is_header_whole and source.feed.format in TABLES:
            # Without its header a table is read as a log.
            return None, None
        if records is None or not self.is_in_lines or not is_header_whole:
            return records, None
        # Every line of a log has a number, of a table only what is not blank.
        kept = [line for line, text in zip(self.lines, lines, strict=True)
                if text.strip() or not source.is_csv]  # fmt: skip
        first = 0 if source.is_table else 1
        touched = (number for number, line in enumerate(kept, first) if line.is_touched)
        return records, frozenset(touched)


DAMAGES: tuple[Callable[[Draft], None], ...] = (
    *(Draft.cut, Draft.headless, Draft.empty, Draft.header_only, Draft.header_again),
    *(Draft.blank_lines, Draft.utf_16, Draft.latin, Draft.byte_order_mark, Draft.nul_bytes),
    *(Draft.zeroes_at_the_end, Draft.long_line, Draft.delimiter, Draft.odd_time, Draft.formula),
    *(Draft.odd_text, Draft.open_quote, Draft.control_character, Draft.windows_line_ends),
    *(Draft.old_line_ends, Draft.flipped_bytes, Draft.columns, Draft.odd_json),
)


def mutants(origins: list[Source], seed: int, count: int) -> Iterator[Mutant]:
    """So many mutants, every source as often as any other; equal seeds give the same ones."""
    dice = random.Random(seed)
    for number in range(count):
        yield _mutant(origins[number % len(origins)], dice, f"{seed}-{number:05}")


def _mutant(source: Source, dice: random.Random, name: str) -> Mutant:
    draft = Draft(source, dice, [Line(text) for text in source.lines])
    for damage in dice.sample(DAMAGES, dice.choice([1, 1, 2, 3])):
        if draft.lines:
            damage(draft)
            draft.said.append(damage.__name__)
    content = b"".join(line.text for line in draft.lines)
    records, touched = draft.records(content)
    form = dice.choice(["plain", "plain", "gzip", "parquet"])
    if form == "parquet" and (len(content) > LONG or not (source.is_csv or "{" in str(content))):
        form = "plain"
    if form == "gzip":
        content = gzip.compress(content, 1, mtime=0)
    elif form == "parquet":
        content, records = as_parquet(source, content)
        touched = None
    if form != "plain" and dice.random() < 0.3:
        content, records, touched = _damaged(draft, content), None, None
    stem = {"json_lines": ".jsonl", "queue_log": ""}.get(source.feed.format, ".csv")
    name += ".parquet" if form == "parquet" else f"{stem}.gz" if form == "gzip" else stem
    # Parquet of logs comes from databases, all other is delivered.
    path = f"{'inbox' if source.feed.matches(name) else 'fetched'}/{source.folder}/{name}"
    said = f"{path} ({form}): {', '.join(draft.said)}"
    return Mutant(source.feed, path, content, said, records, touched)


def _damaged(draft: Draft, content: bytes) -> bytes:
    """Damage what is packed."""
    kind = draft.dice.choice(["cut", "changed", "followed by more", "packed twice"])
    draft.said.append(f"then {kind}")
    if kind == "cut":
        return content[: draft.dice.randrange(len(content))]
    if kind == "followed by more":
        return content + draft.dice.choice([b"\0" * 100, b"garbage", content[:20], content])
    if kind == "packed twice":
        return gzip.compress(content, 1, mtime=0)
    changed = bytearray(content)
    for _ in range(draft.dice.randint(1, 8)):
        changed[draft.dice.randrange(len(changed))] = draft.dice.randrange(256)
    return bytes(changed)


def count_records(content: bytes, source: Source) -> int | None:
    """Lines that are not blank, less the header; None where a quote may hide a line's end."""
    lines = [line for line in content.split(b"\n") if line.strip()]
    if source.is_csv and not all(RECORD.fullmatch(line) for line in lines):
        return None
    return max(0, len(lines) - source.is_table)


def as_parquet(source: Source, content: bytes) -> tuple[bytes, int]:
    """The rows that Python reads in a text as a Parquet file, and how many there are."""
    text = content.decode("utf-8", "replace")
    if source.is_csv:
        reader = csv.reader(io.StringIO(text.replace("\0", ""), newline=""))
        rows = [row for row in reader if row]
        names = list(source.feed.header) or TABLES.get(source.feed.format, "").split(",")
        if source.is_table:
            names = rows.pop(0) if rows else ["x"]
    else:
        names, rows = ["value"], [[line] for line in text.split("\n") if line.strip()]
    columns = {name: [row[at] if at < len(row) else None for row in rows]
               for at, name in enumerate(names)}  # fmt: skip
    table = pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue(), len(rows)
