"""A fork does what Dagster's own command does, unless it is no longer of the code on the disk."""

from __future__ import annotations

import os
import runpy
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from dagster_project import launching

COMMAND = ["python", "-m", "dagster", "api", "execute_run", "{}"]


@pytest.mark.parametrize("is_outdated", [False, True])
def test_a_fork_of_older_code_begins_as_a_new_process(
    is_outdated: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[Any] = []
    preloaded = SimpleNamespace(is_outdated=lambda: is_outdated)
    monkeypatch.setitem(sys.modules, "dagster_project.preloaded", preloaded)
    monkeypatch.setattr(sys, "argv", [])

    def begin_anew(*command: object) -> None:
        done.append(command)
        raise SystemExit

    monkeypatch.setattr(os, "execv", begin_anew)
    monkeypatch.setattr(runpy, "run_module", lambda *_, **__: done.append(list(sys.argv)))
    if is_outdated:
        with pytest.raises(SystemExit):
            launching.execute(COMMAND)
        assert done == [("python", COMMAND)]
    else:
        launching.execute(COMMAND)
        assert done == [["dagster", "api", "execute_run", "{}"]]
