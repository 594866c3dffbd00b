"""The first look at a delivered file, over its bytes.

It answers what the rest of landing builds on: is this the known content grown, where does the last
whole line end, and can DuckDB read the file as it stands? Clean files are only read, never copied;
of others a copy is written in which every bad line is a placeholder, so that line numbers stay.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import hashlib
import io
import itertools
import os
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

CHUNK = 1 << 22
LONGEST_LINE = 1 << 20
# No text has these two: the first separates nothing (a line is read as one column), the second
# stands for a line that was taken out.
NO_DELIMITER = "\x1f"
PLACEHOLDER = "\x1e"
LONGEST_TEXT = 1000
_LONGEST_RECORD = 1000  # lines that a quoted field may go over
_BOM = codecs.BOM_UTF8
csv.field_size_limit(LONGEST_LINE + 1)


class FileChangedError(Exception):
    """The file became shorter, or other, while it was read."""


@dataclass(frozen=True)
class Base:
    """What is known of a file that may have grown."""

    end: int
    sha256: str
    row_count: int
    started_at: str | None


@dataclass(frozen=True)
class Scan:
    """What the bytes of a file say.

    Attributes:
        start: First byte that is new.
        split: End of the last whole line.
        end: End of what is read.
        sha256_at_split: Hash of the bytes up to `split`.
        sha256: Hash of the bytes up to `end`.
        source: What DuckDB can read: the file itself or a copy of its new bytes.
        is_clean: Whether `source` can be read as it stands.
        kind: `plain`, `gzip` or `parquet`.
        has_header: Whether the content begins with a header.
        damage: Why the file ends before its end, if it does.
    """

    start: int
    split: int
    end: int
    sha256_at_split: str
    sha256: str
    source: Path
    is_clean: bool
    kind: str
    has_header: bool
    damage: str | None


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...
    def hexdigest(self) -> str: ...


class _Cleanliness:
    """Whether DuckDB may read what passes by; asked of whole chunks, it costs little."""

    def __init__(self, *, at_file_start: bool, skips_bom: bool) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._is_good = True
        self._is_first = at_file_start and not skips_bom
        self._counts = [0, 0, 0]  # \r, \r\n, \n
        self._last = b""

    def look(self, chunk: bytes) -> None:
        if self._is_first and chunk.startswith(_BOM):
            self._is_good = False
        self._is_first = False
        if self._is_good:
            self._is_good = not (
                b"\0" in chunk or b"\x1f" in chunk or b"\x1e" in chunk or _may_be_too_long(chunk)
            )
        if self._is_good:
            try:
                self._decoder.decode(chunk)
            except UnicodeDecodeError:
                self._is_good = False
        returns = chunk.count(b"\r")
        self._counts[0] += returns
        self._counts[1] += chunk.count(b"\r\n") if returns else 0
        self._counts[1] += self._last == b"\r" and chunk.startswith(b"\n")
        self._counts[2] += chunk.count(b"\n")
        self._last = chunk[-1:]

    def verdict(self) -> bool:
        try:
            self._decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
        returns, pairs, newlines = self._counts
        return self._is_good and (returns == 0 or returns == pairs == newlines)


def _may_be_too_long(chunk: bytes) -> bool:
    """A line over the limit covers half of the limit without a line end, wherever it starts."""
    half = LONGEST_LINE // 2
    return any(chunk.find(b"\n", at, at + half) < 0 for at in range(0, len(chunk) - half + 1, half))


def scan(
    file: Path,
    size: int,
    base: Base | None,
    *,
    grows: bool,
    is_header: Callable[[list[str]], bool],
    work: Path,
    copy: bool,
) -> Scan:
    """Read the first `size` bytes of a file once.

    Args:
        file: The delivered file.
        size: Its size when the run looked; what is appended later waits for the next run.
        base: What is known of it, where it may have grown.
        grows: Whether it is a log that is appended to.
        is_header: Tells by the fields of the first line whether it is a header.
        work: Folder for copies.
        copy: Copy the bytes in any case, because the file changes while it is read.
    """
    with file.open("rb") as stream:
        magic = stream.read(4)
        kind = "gzip" if magic[:2] == b"\x1f\x8b" else "parquet" if magic == b"PAR1" else "plain"
        has_header = kind == "plain" and is_header(read_header(file))
        grows = grows and kind == "plain" and not has_header
        start, digest = 0, hashlib.sha256()
        if base is not None and grows and size >= base.end:
            digest = _digest(stream, base.end)
            start = base.end if digest.hexdigest() == base.sha256 else 0
            digest = digest if start else hashlib.sha256()
        split = _last_line_end(stream, start, size) if grows else size
        look = _Cleanliness(at_file_start=start == 0, skips_bom=has_header)
        is_copied = copy or start or not _is_plain(file)
        target = work / "bytes" if is_copied and kind != "gzip" else None
        stream.seek(start)
        with (target or Path("/dev/null")).open("wb") as out:
            for chunk in _chunks(stream, split - start):
                digest.update(chunk)
                look.look(chunk)
                if target:
                    out.write(chunk)
            at_split, tail_is_blank = digest.hexdigest(), split < size
            for chunk in _chunks(stream, size - split):
                tail_is_blank = tail_is_blank and not chunk.strip()
                digest.update(chunk)
                look.look(chunk)
                if target:
                    out.write(chunk)
    if tail_is_blank:
        # Blanks without a line end are no record, but may become the beginning of one.
        return scan(file, split, base, grows=grows, is_header=is_header, work=work, copy=True)
    source, damage = target or file, None
    if kind == "gzip":
        source = work / "plain"
        damage = _decompress(file, source)
        has_header = is_header(read_header(source))
        look = _Cleanliness(at_file_start=True, skips_bom=has_header)
        with source.open("rb") as stream:
            for chunk in _chunks(stream, source.stat().st_size):
                look.look(chunk)
    return Scan(
        start=start,
        split=split,
        end=size,
        sha256_at_split=at_split,
        sha256=digest.hexdigest(),
        source=source,
        is_clean=look.verdict(),
        kind=kind,
        has_header=has_header,
        damage=damage,
    )


def _is_plain(file: Path) -> bool:
    """Whether DuckDB opens this file by its path: a pattern may name another one."""
    name = os.fsencode(file).decode("utf-8", "replace")
    return not set(name) & set("*?[\\\ufffd")


def _chunks(stream: IO[bytes], count: int) -> Iterator[bytes]:
    while count > 0:
        chunk = stream.read(min(CHUNK, count))
        if not chunk:
            raise FileChangedError
        count -= len(chunk)
        yield chunk


def _digest(stream: IO[bytes], count: int) -> _Hash:
    stream.seek(0)
    digest = hashlib.sha256()
    for chunk in _chunks(stream, count):
        digest.update(chunk)
    return digest


def _last_line_end(stream: IO[bytes], start: int, size: int) -> int:
    """Position after the last line end; `start` when there is none."""
    end = size
    while end > start:
        begin = max(start, end - (1 << 16))
        stream.seek(begin)
        found = stream.read(end - begin).rfind(b"\n")
        if found >= 0:
            return begin + found + 1
        end = begin
    return start


def _decompress(file: Path, target: Path) -> str | None:
    """Write the plain bytes; say what is wrong when the stream ends early."""
    with gzip.open(file, "rb") as packed, target.open("wb") as out:
        while True:
            try:
                chunk = packed.read(CHUNK)
            except EOFError:
                return "the gzip stream is cut off"
            except (OSError, zlib.error) as error:
                return f"the gzip stream is damaged: {error}"
            if not chunk:
                return None
            out.write(chunk)


class Rejects:
    """Lines that were taken out before DuckDB read the rest, written to a file of their own."""

    def __init__(self, path: Path) -> None:
        """Begin the file."""
        self.path = path
        self._stream = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._stream, lineterminator="\n", quoting=csv.QUOTE_ALL)

    def add(self, row: int, reason: str, line: bytes) -> None:
        """Note one line, what is wrong with it and what it says."""
        text = line[:LONGEST_TEXT].decode("utf-8", "backslashreplace").rstrip("\r\n")
        printable = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
        self._writer.writerow((row, reason, printable))

    def close(self) -> None:
        """Finish the file."""
        self._stream.close()


def _fault(line: bytes) -> str | None:
    """What makes a physical line unreadable."""
    if len(line) > LONGEST_LINE:
        return f"longer than {LONGEST_LINE} bytes"
    if b"\0" in line:
        return "NUL byte"
    if b"\x1f" in line or b"\x1e" in line:
        return "control character"
    if b"\r" in line.rstrip(b"\r\n"):
        return "carriage return inside the line"
    try:
        line.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"not UTF-8 (byte {line[error.start]:#04x} at {error.start + 1})"
    return None


def _lines(stream: IO[bytes]) -> Iterator[bytes]:
    """Physical lines; of one that is too long only as much as shows that it is."""
    is_first = True
    while line := stream.readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE and not line.endswith(b"\n"):
            while (rest := stream.readline(CHUNK)) and not rest.endswith(b"\n"):
                pass
        yield line.removeprefix(_BOM) if is_first else line
        is_first = False


def clean_lines(source: Path, target: Path, rejects: Rejects) -> None:
    """Copy a file of lines; each unreadable one becomes a placeholder and is noted."""
    with source.open("rb") as stream, target.open("wb") as out:
        for number, line in enumerate(_lines(stream), 1):
            if fault := _fault(line):
                rejects.add(number, fault, line)
                out.write(PLACEHOLDER.encode() + b"\n")
            else:
                out.write(line.rstrip(b"\r\n") + b"\n")


def clean_records(
    source: Path,
    target: Path,
    rejects: Rejects,
    *,
    widths: range,
    has_header: bool,
    ends_in_tail: bool,
) -> None:
    """Copy a file of quoted records, each with `widths.stop - 1` fields; note those that cannot be.

    Args:
        source: What was delivered.
        target: The copy, without a header.
        rejects: Where unreadable records are noted.
        widths: How many fields a record may have.
        has_header: Whether the first record that is not blank is a header.
        ends_in_tail: Whether the last line is unfinished, so that it must stay a record of its own.
    """
    full = widths.stop - 1
    with source.open("rb") as stream, target.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        lines = _lines(stream)
        if has_header:
            next((line for line in lines if line.strip()), None)
        number = 0
        waiting: list[bytes] = []
        while line := (waiting.pop(0) if waiting else next(lines, b"")):
            if not line.strip():
                continue
            number += 1
            fields, fault = _record(line, lines, waiting, ends_in_tail=ends_in_tail)
            if fields is not None and len(fields) not in widths:
                expected = str(full) if len(widths) == 1 else f"{widths.start} to {full}"
                fault = f"{len(fields)} fields, expected {expected}"
            if fields is None or fault:
                rejects.add(number, fault or "not readable", line)
                fields = [PLACEHOLDER]
            writer.writerow(fields + [""] * (full - len(fields)))


def _record(
    line: bytes, lines: Iterator[bytes], waiting: list[bytes], *, ends_in_tail: bool
) -> tuple[list[str] | None, str | None]:
    """Parse one record that begins with `line`; a quoted field may go on over the next lines."""
    if fault := _fault(line):
        return None, fault
    text = line.decode("utf-8").rstrip("\r\n")
    if '"' not in text:
        return text.split(","), None
    try:
        return next(csv.reader([text], strict=True)), None
    except csv.Error as error:
        if "unexpected end" not in str(error):
            return None, f"quoting: {error}"
    # A quote was left open. Either the field has line ends in it or the quote is a mistake: then
    # the lines that were looked at are records of their own.
    waiting.extend(itertools.islice(lines, max(0, _LONGEST_RECORD - len(waiting))))
    taken = line.decode("utf-8")
    for count, following in enumerate(waiting, 1):
        is_tail = ends_in_tail and not following.endswith(b"\n")
        if is_tail or _fault(following) or len(taken) > LONGEST_LINE:
            break
        taken += following.decode("utf-8")
        if b'"' not in following:
            continue
        try:
            fields = next(csv.reader(io.StringIO(taken, newline=""), strict=True))
        except csv.Error:
            continue
        fields[-1] = fields[-1].rstrip("\r\n")
        del waiting[:count]
        return fields, None
    return None, "a quote is not closed"


def read_header(source: Path) -> list[str]:
    """Names in the first line of a CSV file that is not blank; none when there is no such line."""
    with source.open("rb") as stream:
        for line in _lines(stream):
            if line.strip():
                text = line.decode("utf-8", "replace").strip()
                try:
                    return [name.strip() for name in next(csv.reader([text]))]
                except csv.Error:
                    return text.split(",")
    return []
