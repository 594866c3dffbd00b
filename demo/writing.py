"""Files that appear whole or not at all."""

from __future__ import annotations

import csv
import gzip
import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

Row = tuple[object, ...]


class Files:
    """Writes below the inbox and counts."""

    def __init__(self, inbox: Path) -> None:
        """Write below this folder."""
        self.inbox = inbox
        self.count = 0

    def lines(self, path: str, lines: Sequence[str]) -> None:
        """Write a text file; one that ends in `.gz` is compressed."""
        text = "\n".join(lines) + "\n" if lines else ""
        content = text.encode("utf-8")
        # A fixed time in the header keeps equal content equal bytes.
        write_bytes(
            self.inbox / path,
            gzip.compress(content, 6, mtime=0) if path.endswith(".gz") else content,
        )
        self.count += 1

    def table(self, path: str, header: str, rows: Iterable[Row]) -> None:
        """Write a CSV whose header is given as words; None becomes an empty field."""
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(header.split())
        writer.writerows(rows)
        write_bytes(self.inbox / path, buffer.getvalue().encode("utf-8"))
        self.count += 1


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file under a hidden temporary name and move it into place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # The leading dot keeps the half-written file out of every glob that readers use.
    temporary = path.with_name(f".{path.name}.writing")
    temporary.write_bytes(content)
    os.replace(temporary, path)
