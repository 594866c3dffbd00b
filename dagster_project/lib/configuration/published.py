"""What the last publication knows: the seeds it was made from, and the people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb

from dagster_project.lib import publishing
from dagster_project.lib.settings import Home


@dataclass(frozen=True)
class Post:
    """Where somebody works on the days [valid_from, valid_to)."""

    employee_id: str
    role: str | None
    team: str | None
    department: str | None
    site_id: str | None
    vendor: str | None
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True)
class Published:
    """The last publication; `seeds` is None when it was made before seeds were kept."""

    as_of: date
    seeds: Path | None
    posts: tuple[Post, ...] = ()

    @property
    def roles(self) -> set[str]:
        """Every role that HR has recorded."""
        return {post.role for post in self.posts if post.role}

    @property
    def people(self) -> set[str]:
        """Everybody whom HR has recorded."""
        return {post.employee_id for post in self.posts}

    @property
    def present(self) -> list[Post]:
        """Who works where when the publication was made."""
        return [
            post
            for post in self.posts
            if post.valid_from <= self.as_of
            and (post.valid_to is None or self.as_of < post.valid_to)
        ]


def load_published(home: Home) -> Published | None:
    """Return the last publication, None before the first one."""
    state = publishing.published_state(home)
    if not state:
        return None
    seeds = home.current / publishing.SEEDS
    return Published(
        as_of=datetime.fromisoformat(str(state["as_of"])).date(),
        seeds=seeds if seeds.is_dir() else None,
        posts=tuple(_posts(home.current / "marts.duckdb")),
    )


def _posts(marts: Path) -> Iterable[Post]:
    with duckdb.connect(str(marts), read_only=True) as connection:
        rows = connection.execute(
            "select employee_id, role, team, department, site_id, vendor, valid_from, valid_to "
            "from marts.marts.dim_employee order by employee_id, valid_from"
        ).fetchall()
    return (Post(*row) for row in rows)
