"""A service as a child process that can be killed, frozen and started again."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx

from infra.embedded.child import Child

ROOT = Path(__file__).resolve().parents[1]
_READER = "worker.readers.child"
_SPARE_READER = "worker.readers.spare"
_STOP_SECONDS = 15


class Service:
    """``python -m module``; what it writes goes to ``log``, its temporary files below ``scratch``.

    With ``url`` it works once that answers, without one once its log says that it has started.
    """

    def __init__(
        self, name: str, module: str, environment: Mapping[str, str], directory: Path, url: str | None = None
    ) -> None:
        self.name = name
        self.log = directory / "logs" / f"{name}.log"
        self.scratch = directory / "tmp" / name
        self._module = module
        self._environment = {**environment, "TMPDIR": str(self.scratch)}
        self._url = url
        self._child: Child | None = None
        self._log_offset = 0
        self._is_expected_to_end = True
        #: Every process it ever was.
        self.pids: set[int] = set()
        #: How it ended when nobody had asked for that.
        self.unasked_ends: list[int] = []

    @property
    def pid(self) -> int:
        """Its process now, or the last one."""
        assert self._child is not None
        return self._child.pid

    @property
    def running(self) -> bool:
        """Whether it has a process."""
        return self._child is not None and self._child.running

    async def start(self) -> None:
        """Start it, without waiting for it to work; nothing happens where it runs."""
        if self.running:
            return
        self._note_unasked_end()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.scratch.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._log_offset = log.tell()
            self._child = await Child.spawn(
                self.name,
                [sys.executable, "-P", "-m", self._module],
                environment=self._environment,
                directory=ROOT,
                output=log,
            )
        self.pids.add(self._child.pid)
        self._is_expected_to_end = False

    async def works(self) -> bool:
        """Return whether it does its work: answers, or takes messages."""
        if not self.running:
            return False
        if self._url is not None:
            return await _answers(self._url)
        return await asyncio.to_thread(self._has_started)

    async def kill(self) -> bool:
        """SIGKILL to its process and no other; return whether there was one."""
        if not self.running:
            return False
        self._is_expected_to_end = True
        os.kill(self.pid, signal.SIGKILL)
        assert self._child is not None
        await self._child.wait()
        return True

    async def stop(self) -> None:
        """Ask it to end, and wait."""
        self._note_unasked_end()
        self._is_expected_to_end = True
        if self._child is not None:
            await self._child.stop(signal.SIGTERM, _STOP_SECONDS)

    def freeze(self) -> bool:
        """SIGSTOP; return whether there was a process to stop."""
        if self.running:
            os.kill(self.pid, signal.SIGSTOP)
        return self.running

    def thaw(self) -> None:
        """SIGCONT."""
        if self.running:
            os.kill(self.pid, signal.SIGCONT)

    def readers(self) -> list[int]:
        """The processes that read files for it, now."""
        if not self.running:
            return []
        try:
            children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
            return [int(pid) for pid in children if _is_reader(Path("/proc", pid))]
        except OSError:  # one of them is gone
            return []

    def _note_unasked_end(self) -> None:
        if self._child is not None and not self._child.running and not self._is_expected_to_end:
            self.unasked_ends.append(self._child.returncode or 0)

    def _has_started(self) -> bool:
        with self.log.open("rb") as log:
            log.seek(self._log_offset)
            return b'"worker_started"' in log.read()


def readers_of(pids: set[int]) -> list[int]:
    """Return the reading children of these processes, living or dead ones: a child says whose it is."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            command = (process / "cmdline").read_text()
        except OSError:  # no process, or gone
            continue
        if _is_reader_of(command, pids):
            found.append(int(process.name))
    return found


def _is_reader(process: Path) -> bool:
    """Return whether a process reads a file; a spare one has a socket there until it has been given one."""
    command = (process / "cmdline").read_text()
    if _SPARE_READER in command:
        return not (process / "fd/0").readlink().name.startswith("socket:")
    return _READER in command


def _is_reader_of(command: str, pids: set[int]) -> bool:
    words = command.split("\0")
    if _SPARE_READER in words:
        return words[words.index(_SPARE_READER) + 1] in map(str, pids)
    return _READER in words and any(f'"parent":{pid}}}' in command for pid in pids)


async def _answers(url: str) -> bool:
    async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
        try:
            return (await client.get(url)).is_success
        except httpx.HTTPError:
            return False
