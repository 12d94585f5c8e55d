"""A clone of the working tree, in which ``./carga`` commands cannot meet those of the developer."""

import asyncio
import os
import shutil
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import psutil

from infra.embedded.stores import LOCALSTACK_PYTHON

_ROOT = Path(__file__).parents[2]
_PACKAGES = ("bff", "catalog_service", "cli", "common", "data", "infra", "scripts", "worker")


class Ended(NamedTuple):
    """A command that has ended."""

    code: int
    output: str
    errors: str


class Clone:
    """The packages in a directory of their own, with the virtual environments of this one."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory.resolve()
        for package in _PACKAGES:
            shutil.copytree(
                _ROOT / package, directory / package, ignore=shutil.ignore_patterns("__pycache__")
            )
        self.state.mkdir()
        (self.state / "localstack-venv").symlink_to(LOCALSTACK_PYTHON.parents[1])

    @property
    def state(self) -> Path:
        """Its ``.carga``."""
        return self.directory / ".carga"

    async def start(self, *arguments: str, **variables: str) -> Process:
        """Start a command; its output is in ``stdout`` and ``stderr``."""
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "cli", *arguments),
            env={**os.environ, "LANG": "es", "LC_ALL": "", "PYTHONPATH": str(self.directory), **variables},
            cwd=self.directory.parent,
            stdout=PIPE,
            stderr=PIPE,
        )

    async def run(self, *arguments: str, **variables: str) -> Ended:
        """Run a command to its end."""
        process = await self.start(*arguments, **variables)
        try:
            output, errors = await process.communicate()
        except BaseException:
            process.send_signal(signal.SIGTERM)
            raise
        return Ended(process.returncode or 0, output.decode(), errors.decode())

    def pid(self, name: str) -> int:
        """The process of a part of its running ``up``."""
        return int((self.state / "pids" / f"{name}.pid").read_text())

    def processes(self) -> Sequence[psutil.Process]:
        """Every process that runs from it or works in it."""
        return [process for process in psutil.process_iter() if self._is_ours(process)]

    async def no_process_left(self) -> bool:
        """Whether all of them are gone."""
        return not self.processes()

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            words = [process.cwd(), *process.cmdline(), process.environ().get("PYTHONPATH", "")]
        except psutil.Error:
            return False
        return any(str(self.directory) in word for word in words)
