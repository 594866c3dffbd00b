"""Files that appear whole or not at all."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path


def write_text(path: Path, text: str) -> None:
    """Write a file under a hidden temporary name and move it into place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # The leading dot keeps the half-written file out of every glob that readers use.
    temporary = path.with_name(f".{path.name}.writing")
    temporary.write_bytes(text.encode("utf-8"))
    os.replace(temporary, path)


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Write a CSV with a header and return the number of rows; None becomes an empty field."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    count = 0
    for row in rows:
        writer.writerow(row)
        count += 1
    write_text(path, buffer.getvalue())
    return count
