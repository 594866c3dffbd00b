"""Words are replaced in files of every kind, whole ones only, and all else stays as it was."""

from __future__ import annotations

import gzip
import sqlite3
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from dagster_project.lib.rewriting import rewrite, rewrite_duckdb, texts, words

CHANGE = words({"E7": "person-x", "Ann Lee": "person-x", "ann.lee@example.com": "x@erased.invalid"})


def test_only_whole_words_change() -> None:
    assert CHANGE("E7,E77,XE7,(E7)|ann lee;ANN.LEE@example.com") == (
        "person-x,E77,XE7,(person-x)|person-x;x@erased.invalid"
    )


@pytest.mark.parametrize("name", ["log", "log.gz"])
def test_text_keeps_its_bytes(tmp_path: Path, name: str) -> None:
    pack = gzip.compress if name.endswith(".gz") else bytes
    unpack = gzip.decompress if name.endswith(".gz") else bytes
    file, other = tmp_path / name, tmp_path / f"other-{name}"
    file.write_bytes(pack(b"\xef\xbb\xbfa,E7\r\nb,\xff\xfe,E70\n"))
    other.write_bytes(pack(b"a,E70"))
    before = other.stat().st_mtime_ns
    assert rewrite(file, CHANGE) and not rewrite(other, CHANGE)
    assert unpack(file.read_bytes()) == b"\xef\xbb\xbfa,person-x\r\nb,\xff\xfe,E70\n"
    assert other.stat().st_mtime_ns == before


def test_parquet_keeps_what_it_says_of_itself(tmp_path: Path) -> None:
    file = tmp_path / "part.parquet"
    duckdb.execute(
        f"copy (select 'E7' as who, 7 as n, timestamp '2026-10-01' as seen_at union all "
        f"select null, 8, null) to '{file}' (format parquet, kv_metadata {{path: 'a/E7.csv'}})"
    )
    assert rewrite(file, CHANGE)
    (found,) = duckdb.sql(
        f"select decode(value) from parquet_kv_metadata('{file}') where decode(key) = 'path'"
    ).fetchall()
    assert found == ("a/E7.csv",)
    rows = duckdb.sql(f"select who, n, seen_at::varchar from '{file}' order by n").fetchall()
    assert rows == [("person-x", 7, "2026-10-01 00:00:00"), (None, 8, None)]


def test_databases_keep_nothing_in_their_free_pages(tmp_path: Path) -> None:
    lite, old, new = (tmp_path / name for name in ("a.db", "old.duckdb", "new.duckdb"))
    with closing(sqlite3.connect(lite)) as connection:
        connection.execute("create table events (id integer primary key, body text, pickled blob)")
        connection.execute("insert into events values (1, 'Ann Lee called', null)")
        connection.execute("insert into events values (2, 'kept', x'00'), (3, '', ?)", [b"..E7.."])
        connection.commit()
    assert rewrite(lite, CHANGE)
    with closing(sqlite3.connect(lite)) as connection:
        rows = connection.execute("select id, body from events order by id").fetchall()
    assert rows == [(1, "person-x called"), (2, "kept")]

    with duckdb.connect(str(old)) as connection:
        connection.execute("create schema marts")
        connection.execute("create table marts.runs (run_id varchar primary key, message varchar)")
        connection.execute("insert into marts.runs values ('1', 'of Ann Lee'), ('2', 'of others')")
    rewrite_duckdb(old, new, CHANGE)
    with duckdb.connect(str(new)) as connection:
        connection.execute("insert or replace into marts.runs values ('2', 'again')")
        rows = connection.execute("from marts.runs order by all").fetchall()
    assert rows == [("1", "of person-x"), ("2", "again")]
    for file in (lite, new):
        assert not any("Ann Lee" in text for text in texts(file))
