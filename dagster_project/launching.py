"""Runs that begin at once: Dagster's run launcher, with a process that has read everything.

A new process spends 25 s on imports and on dbt's project before it lands the first line. So one
process, Python's fork server, does it once and is forked for each run: the run is a process of its
own as ever, whose memory goes and whose crash is its own.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from multiprocessing.context import ForkServerProcess
from typing import Any, Self

from dagster import DagsterInstance
from dagster._core.launcher import LaunchRunContext, RunLauncher
from dagster._grpc.types import ExecuteRunArgs
from dagster._serdes import ConfigurableClass
from dagster._serdes.config_class import ConfigurableClassData

PROCESS_TAG = "meritline/process"
PRELOADED = "dagster_project.preloaded"


class WarmRunLauncher(RunLauncher[DagsterInstance], ConfigurableClass):
    """Runs Dagster's own `dagster api execute_run` in a fork of a warm process."""

    def __init__(self, inst_data: ConfigurableClassData | None = None) -> None:
        """Start nothing yet: many processes read Dagster's settings, few launch runs."""
        self._inst_data = inst_data
        self._processes = multiprocessing.get_context("forkserver")
        self._processes.set_forkserver_preload([PRELOADED])
        super().__init__()

    @property
    def inst_data(self) -> ConfigurableClassData | None:
        """What `dagster.yaml` says of it."""
        return self._inst_data

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """Nothing is to be configured."""
        return {}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData, config_value: Mapping[str, Any]
    ) -> Self:
        """Make it as `dagster.yaml` asks."""
        return cls(inst_data)

    def launch_run(self, context: LaunchRunContext) -> None:
        """Fork the warm process; a fork server that has died is started again by Python."""
        run, origin = context.dagster_run, context.job_code_origin
        assert origin is not None  # noqa: S101 - runs of a code location always have one
        command = ExecuteRunArgs(origin, run.run_id, self._instance.get_ref()).get_command_args()
        process = self._processes.Process(target=execute, args=(command,))
        process.start()
        self._instance.add_run_tags(run.run_id, {PROCESS_TAG: str(process.pid)})
        threading.Thread(target=self._watch, args=(process, run.run_id), daemon=True).start()

    def terminate(self, run_id: str) -> bool:
        """Interrupt a run; the server of the UI asks for it, which did not launch it."""
        run = self._instance.get_run_by_id(run_id)
        if run is None or run.is_finished or PROCESS_TAG not in run.tags:
            return False
        self._instance.report_run_canceling(run)
        try:
            os.kill(int(run.tags[PROCESS_TAG]), signal.SIGINT)
        except ProcessLookupError:
            self._instance.report_run_canceled(run)
        return True

    def _watch(self, process: ForkServerProcess, run_id: str) -> None:
        """Tell Dagster of a process that died; its pool would wait for it for ever."""
        process.join()
        run = self._instance.get_run_by_id(run_id)
        if run is not None and not run.is_finished:
            self._instance.report_run_failed(run, f"its process ended with {process.exitcode}")


def execute(command: Sequence[str]) -> None:
    """Do in this process what `command` does in a new one, unless the code has changed since."""
    from dagster_project import preloaded

    if preloaded.is_outdated():
        os.execv(command[0], command)  # noqa: S606
    sys.argv = ["dagster", *command[command.index("api") :]]
    runpy.run_module("dagster", run_name="__main__")
