"""A child process that cannot outlive its parent, not even one that is killed with SIGKILL."""

import asyncio
import contextlib
import ctypes
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Self

_PR_SET_PDEATHSIG = 1


class Child:
    """A running process, in a session of its own: a terminal's Ctrl-C reaches the parent only."""

    def __init__(self, name: str, process: asyncio.subprocess.Process) -> None:
        self.name = name
        self._process = process

    @classmethod
    async def spawn(
        cls,
        name: str,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str],
        directory: Path,
        output: int | IO[bytes],
        death_signal: signal.Signals = signal.SIGKILL,
    ) -> Self:
        """Start ``command``; it gets ``death_signal`` when we die, however that comes about.

        Call it on the main thread: for the kernel, the thread that forked is the parent.
        Raises ``OSError`` when the command cannot be run.
        """
        process = await asyncio.create_subprocess_exec(
            *command,
            env=dict(environment),
            cwd=directory,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_die_with_parent(death_signal),
        )
        return cls(name, process)

    @property
    def pid(self) -> int:
        """The process id, of the session and process group too."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """None while it runs; negative: the signal that ended it."""
        return self._process.returncode

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.returncode is None

    @property
    def output(self) -> asyncio.StreamReader:
        """What it writes, when it was started with ``output=asyncio.subprocess.PIPE``."""
        if self._process.stdout is None:
            raise ValueError(f"{self.name} does not write to a pipe")
        return self._process.stdout

    async def wait(self) -> int:
        """Wait until it has ended; see :attr:`returncode`."""
        return await self._process.wait()

    async def stop(self, gentle: signal.Signals = signal.SIGTERM, seconds: float = 10) -> None:
        """Ask it to end and wait; what is left of its process group then, or after ``seconds``, is killed."""
        if self.running:
            self._process.send_signal(gentle)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), seconds)
            await self._kill_group()

    async def kill(self) -> None:
        """SIGKILL to its whole process group, and wait."""
        if self.running:  # the number of one that ended earlier may be another's by now
            await self._kill_group()

    async def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        await self._process.wait()


async def run_to_end(
    command: Sequence[str | Path], *, environment: Mapping[str, str], directory: Path
) -> tuple[int, str]:
    """Run a command that ends by itself; its exit code and everything it wrote."""
    child = await Child.spawn(
        str(command[0]),
        command,
        environment=environment,
        directory=directory,
        output=asyncio.subprocess.PIPE,
    )
    try:
        output = await child.output.read()
        return await child.wait(), output.decode(errors="replace")
    finally:
        await child.kill()


def _die_with_parent(death_signal: signal.Signals) -> Callable[[], None]:
    """What the child does between fork and exec. Everything it needs is looked up before the fork."""
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def arm() -> None:
        prctl(_PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != parent:  # it died before the line above
            os._exit(1)

    return arm
