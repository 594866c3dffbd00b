"""What HR takes to payroll: a month's pay as CSV, Excel workbook or Parquet, and its manifest.

The same month gives the same bytes: rows in their order, no clock. Of a closed month the ledger's
files are exported, never the marts, so that what is paid is what was signed.
"""

from __future__ import annotations

import csv
import importlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.lib import ledger, pay, publishing, sealing
from dagster_project.lib.closing import Period, Refused
from dagster_project.lib.database import quoted
from dagster_project.lib.settings import Home

CLOSED, DRAFT = "closed", "draft"
AMOUNTS = (
    "bonus_amount",
    "award_amount",
    "held_amount",
    "adjustment_amount",
    "total_amount",
)
# What `status` says already, and what the marts only say beside a closed month.
LEFT_OUT = ("is_closed", "restated_total_amount")
# What a spreadsheet may run as a formula when a text begins with it, full width forms included.
_RUNS = tuple("=+-@＝＋－＠")
_CONTROLS = ("\t", "\r", "\n")
# A workbook says when it was made; this one says the same whenever it is.
_MADE = datetime(2000, 1, 1)

Row = dict[str, Any]


@dataclass(frozen=True)
class Month:
    """A month's pay: `table` (pyarrow) and `rows` of compensation_inputs, `lines` of statements."""

    period: Period
    status: str
    source: str
    table: Any
    rows: Sequence[Row]
    lines: Sequence[Row]

    @property
    def totals(self) -> list[Row]:
        """Control totals per currency: people, and each amount summed exactly."""
        totals: dict[str, Row] = {}
        for row in self.rows:
            currency = row["currency"] or ""
            total = totals.setdefault(
                currency, {"currency": currency, "people": 0} | dict.fromkeys(AMOUNTS, pay.ZERO)
            )
            total["people"] += 1
            for amount in AMOUNTS:
                total[amount] += row[amount]
        return [totals[currency] for currency in sorted(totals)]


def export(home: Home, period: Period, file: Path, is_draft: bool) -> dict[str, Any]:
    """Write a month's pay to `file` and its manifest beside it; return the manifest.

    Args:
        home: The home folder.
        period: The month.
        file: Its suffix, .csv, .xlsx or .parquet, decides the format.
        is_draft: Whether a month that is not closed may be exported, marked as a draft.

    Raises:
        Refused: The month is not closed, has no pay, or its ledger is not what was closed.
    """
    month = read(home, period, is_draft)
    _replace(file, lambda part: WRITERS[file.suffix](month, part))
    manifest = {
        "period": str(period),
        "status": month.status,
        "source": month.source,
        "file": file.name,
        "sha256": ledger.sha256(file),
        "rows": len(month.rows),
        "control_totals": [_texts(total) for total in month.totals],
    }
    text = json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"
    _replace(
        file.with_name(f"{file.name}.manifest.json"),
        lambda part: part.write_text(text, encoding="utf-8"),
    )
    return manifest


def read(home: Home, period: Period, is_draft: bool) -> Month:
    """Read a month from the ledger, or, as a draft, from the last publication."""
    folder = ledger.folder_of(home, period)
    if folder is not None:
        if faults := ledger.faults(folder):
            raise Refused(f"{period} is not what was closed: {'; '.join(faults)}")
        source = f"ledger {ledger.sha256(folder / ledger.MANIFEST)}"
        with duckdb.connect() as connection:
            sealing.reveal(connection, home, folder)
            inputs, lines = (
                f"({sealing.swapped_rows(connection, folder / ledger.RESULTS / file)})"
                for file in ("compensation_inputs.parquet", "statements.parquet")
            )
            return _month(connection, period, CLOSED, source, inputs, lines)
    if not is_draft:
        raise Refused(
            f"{period} is not closed, so nothing can be paid by it. Close it (meritline propose, "
            "approve, close), or add --draft to look at what it would be."
        )
    if not home.published_pay.exists():
        raise Refused("Nothing is published yet, so there is nothing to export: meritline run")
    with duckdb.connect() as connection:
        connection.execute(f"attach {quoted(str(home.published_pay))} as pay (read_only)")
        source = f"publication {publishing.published_run(home)}"
        inputs, lines = "pay.marts.compensation_inputs", "pay.marts.statements"
        return _month(connection, period, DRAFT, source, inputs, lines)


def _month(
    connection: duckdb.DuckDBPyConnection,
    period: Period,
    status: str,
    source: str,
    inputs: str,
    lines: str,
) -> Month:
    connection.execute("set timezone = 'UTC'")

    def rows(table: str, order: str) -> Any:  # noqa: ANN401 - pyarrow has no types
        query = (
            f"select ? as status, columns(lambda name: name not in {LEFT_OUT}) "  # noqa: S608 - names from code
            f"from {table} where period_start = ? order by {order}"
        )
        found: Any = connection.sql(query, params=[status, period.start])
        return found.to_arrow_table()

    people = rows(inputs, "employee_id")
    statements = rows(lines, "employee_id, line_number")
    if not people.num_rows:
        raise Refused(f"There is no pay for {period}: no role had a plan, or there are no data.")
    return Month(period, status, source, people, people.to_pylist(), statements.to_pylist())


# ---- formats -------------------------------------------------------------------------------------


def _write_csv(month: Month, file: Path) -> None:
    with open(file, "w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(month.rows[0])
        writer.writerows(_texts(row).values() for row in month.rows)


def _write_parquet(month: Month, file: Path) -> None:
    pq: Any = importlib.import_module("pyarrow.parquet")
    pq.write_table(month.table, file)


def _write_xlsx(month: Month, file: Path) -> None:
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    xlsxwriter: Any = importlib.import_module("xlsxwriter")
    with xlsxwriter.Workbook(str(file), options) as book:
        title = f"Pay of {month.period}" + (" (draft)" if month.status == DRAFT else "")
        book.set_properties({"title": title, "created": _MADE})
        head = book.add_format({"bold": True, "bottom": 1})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        money = {
            digits: book.add_format({"num_format": f"#,##0.{'0' * digits}".rstrip(".")})
            for digits in (0, 2, 3)
        }
        for name, rows in (
            ("Pay", month.rows),
            ("Statements", month.lines),
            ("Control totals", [{"status": month.status} | total for total in month.totals]),
        ):
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            sheet.set_header(f"&L{title}")
            sheet.set_column(0, len(rows[0]) - 1, 15)
            sheet.write_row(0, 0, list(rows[0]), head)
            for number, row in enumerate(rows, start=1):
                amount = money[pay.minor_digits(row["currency"])]
                for place, (column, value) in enumerate(row.items()):
                    if isinstance(value, str):
                        sheet.write_string(number, place, harmless(value))
                    elif isinstance(value, date):
                        sheet.write_datetime(number, place, value, day)
                    elif isinstance(value, bool):
                        sheet.write_boolean(number, place, value)
                    elif value is not None:
                        is_money = isinstance(value, Decimal) and _is_amount(column)
                        sheet.write_number(number, place, value, amount if is_money else None)


WRITERS: Mapping[str, Callable[[Month, Path], None]] = {
    ".csv": _write_csv,
    ".xlsx": _write_xlsx,
    ".parquet": _write_parquet,
}


def harmless(text: str) -> str:
    """Keep a text from being run as a formula: an apostrophe before it makes it a text."""
    is_formula = text.lstrip().startswith(_RUNS) or text.startswith(_CONTROLS)
    return f"'{text}" if is_formula else text


def _is_amount(column: str) -> bool:
    return column == "amount" or column.endswith("_amount")


def _texts(row: Row) -> dict[str, Any]:
    """A row as text: amounts with the decimals of their currency, texts without formulas."""
    digits = pay.minor_digits(row["currency"])
    texts: dict[str, Any] = {}
    for column, value in row.items():
        if isinstance(value, Decimal):
            texts[column] = str(
                pay.round_half_up(value, digits) if _is_amount(column) else pay.plain(value)
            )
        elif isinstance(value, bool):
            texts[column] = str(value).lower()
        elif isinstance(value, str):
            texts[column] = harmless(value)
        else:
            texts[column] = value
    return texts


def _replace(file: Path, write: Callable[[Path], object]) -> None:
    """Write a file beside its place and put it there whole, readable by its owner alone."""
    part = file.with_name(f".{file.stem}.part{file.suffix}")
    write(part)
    part.chmod(0o600)
    os.replace(part, file)
