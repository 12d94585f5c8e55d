"""What the embedded stores have in common: a directory, a port, a log, a start that waits for an answer."""

import asyncio
import contextlib
import os
import signal
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Self

from infra.embedded.child import Child
from infra.embedded.errors import ExitedEarly, PortTaken, StoreError
from infra.embedded.logs import open_log
from infra.embedded.ports import free_port, is_free

_POLL_SECONDS = 0.02
_LOG_LINES_SHOWN = 8


class Server(ABC):
    """One store: a real server as a child process, all of whose files live in ``directory``.

    An async context manager, or :meth:`start` and :meth:`stop`. Without ``port`` a free one is chosen at the
    first start and kept by every restart. One process at a time may use a directory; whoever starts a server
    there first ends what a killed process may have left running.
    """

    name: ClassVar[str]
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM
    #: Within these it must answer, on a machine that is busy.
    start_seconds: ClassVar[float] = 60
    #: A server that ends at once is started again for so long: a port or a lock may just be becoming free.
    retry_seconds: ClassVar[float] = 5

    def __init__(self, directory: Path, port: int | None = None) -> None:
        self.directory = directory.resolve()
        self._port = port
        self._port_is_fixed = port is not None
        self._child: Child | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """Where clients reach it."""

    @abstractmethod
    async def _prepare(self) -> None:
        """Make the files that the server needs; called before every start."""

    @abstractmethod
    def _command(self) -> Sequence[str | Path]:
        """The command line, for the current port."""

    @abstractmethod
    async def _answers(self) -> bool:
        """Whether the server takes requests now; must not raise when it does not."""

    async def _started(self) -> None:
        """What is left to do once the server answers."""
        return

    def _environment(self) -> Mapping[str, str]:
        """The environment of the server: ours, without what would configure it behind our back."""
        return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "HOME": str(self.directory)}

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def port(self) -> int:
        """The loopback port; known from the first start on."""
        if self._port is None:
            raise StoreError(f"{self.name} has not been started")
        return self._port

    @property
    def process(self) -> Child:
        """The server's process, running or ended."""
        if self._child is None:
            raise StoreError(f"{self.name} has not been started")
        return self._child

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return self._child is not None and self._child.running

    @property
    def log(self) -> Path:
        """What the server wrote."""
        return self.directory / f"{self.name}.log"

    async def start(self) -> None:
        """Start and wait until it answers; nothing happens when it runs already.

        Raises :class:`PortTaken`, or :class:`StoreError` with the end of the server's log.
        """
        if self.running:
            return
        self.directory.mkdir(parents=True, exist_ok=True)
        await self._end_orphan()
        await self._prepare()
        clock = asyncio.get_running_loop().time
        give_up = clock() + self.retry_seconds
        while True:
            try:
                await self._launch()
                return
            except ExitedEarly:
                if clock() > give_up:
                    raise
            await asyncio.sleep(_POLL_SECONDS * 5)

    async def stop(self) -> None:
        """End it in good order and wait; kill it when it does not. Nothing happens when it is not running."""
        if self._child is not None:
            await self._child.stop(self.stop_signal)

    async def kill(self) -> None:
        """SIGKILL, as when the machine takes it away."""
        await self.process.kill()

    async def restart(self) -> None:
        """Stop it if it runs, and start it on the same port with the data it kept."""
        await self.stop()
        await self.start()

    async def _launch(self) -> None:
        if self._port is None:
            self._port = free_port()
        elif self._port_is_fixed and not is_free(self._port):
            raise PortTaken(self.name, self._port)
        try:
            self._child = await self._spawn()
            await self._wait_until_it_answers(self._child)
            await self._started()
        except BaseException:
            await self.stop()
            if not self._port_is_fixed:
                self._port = None
            raise
        self._port_is_fixed = True

    async def _spawn(self) -> Child:
        with open_log(self.log) as log:
            child = await Child.spawn(
                self.name,
                self._command(),
                environment=self._environment(),
                directory=self.directory,
                output=log,
                death_signal=self.stop_signal,
            )
        self._pid_file.write_text(f"{child.pid}\n")
        return child

    async def _wait_until_it_answers(self, child: Child) -> None:
        clock = asyncio.get_running_loop().time
        deadline = clock() + self.start_seconds
        while not await self._answers():
            if not child.running:
                raise ExitedEarly(f"{self.name} ended with {child.returncode}. {self._log_tail()}")
            if clock() > deadline:
                waited = f"{self.start_seconds:.0f} s"
                raise StoreError(f"{self.name} gave no answer for {waited}. {self._log_tail()}")
            await asyncio.sleep(_POLL_SECONDS)

    def _log_tail(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-_LOG_LINES_SHOWN:]
        return "\n  ".join([f"The end of {self.log}:", *lines])

    @property
    def _pid_file(self) -> Path:
        return self.directory / f"{self.name}.pid"

    async def _end_orphan(self) -> None:
        """A server whose parent was killed is on its way out: wait for it, or two would share the files."""
        pid = _read_pid(self._pid_file)
        clock = asyncio.get_running_loop().time
        deadline = clock() + 10
        while pid is not None and self._is_ours(pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, self.stop_signal if clock() < deadline else signal.SIGKILL)
            await asyncio.sleep(_POLL_SECONDS * 5)

    def _is_ours(self, pid: int) -> bool:
        """Whether that process is a server of this directory, and not one that got the same number later."""
        try:
            return Path(f"/proc/{pid}/cwd").readlink().is_relative_to(self.directory)
        except OSError:
            return False


def _read_pid(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None
