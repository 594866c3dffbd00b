"""What a caller did wrong, told apart from what went wrong here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class UsageError(Exception):
    """The command was used wrongly; the message says how it is used."""


@contextmanager
def wrong_use() -> Iterator[None]:
    """Take what the functions inside find fault with as a mistake of the caller."""
    try:
        yield
    except (ValueError, LookupError) as error:
        raise UsageError(error.args[0]) from error
