"""The real worker, ``python -m worker``, as a process of a test."""

import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from infra.embedded.child import Child
from tests.support.waiting import eventually

_ROOT = Path(__file__).resolve().parents[2]
#: A worker that notices a death within seconds, tries again by the second, and commits every ten rows.
_BRISK = {
    "VISIBILITY_TIMEOUT_SECONDS": "2",
    "LONG_POLL_SECONDS": "1",
    "RETRY_DELAYS_SECONDS": "1",
    "BATCH_MAX_ROWS": "10",
    "RECONCILE_EVERY_SECONDS": "0",
}


class WorkerProcess:
    """A running worker and what it has logged."""

    def __init__(self, child: Child, output: IO[bytes]) -> None:
        self._child = child
        self._output = output

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._child.pid

    def events(self, name: str | None = None) -> list[dict[str, Any]]:
        """Everything it has logged so far, or what it has logged under that name."""
        lines = os.pread(self._output.fileno(), 1 << 24, 0).splitlines()
        entries = [json.loads(line) for line in lines if line.startswith(b"{") and line.endswith(b"}")]
        return [entry for entry in entries if name is None or entry["event"] == name]

    async def logged(self, *events: str) -> None:
        """Return once it has logged one of these events."""

        async def found() -> bool:
            return any(event["event"] in events for event in self.events())

        await eventually(found)

    async def has_logged(self, name: str, times: int = 1) -> None:
        """Return once it has logged that so often."""

        async def logged() -> bool:
            assert self._child.running
            return len(self.events(name)) >= times

        await eventually(logged, seconds=60)

    @property
    def child(self) -> Child:
        """Its process."""
        return self._child

    def send(self, number: signal.Signals) -> None:
        """Send it a signal; its children get none."""
        os.kill(self.pid, number)

    async def ended(self) -> int:
        """Wait for its end, and return how it came: negative is the signal."""
        return await self._child.wait()

    async def kill(self) -> None:
        """SIGKILL to it alone, and wait."""
        self.send(signal.SIGKILL)
        assert await self.ended() == -signal.SIGKILL


@asynccontextmanager
async def worker_process(environment: Mapping[str, str], **variables: str) -> AsyncIterator[WorkerProcess]:
    """A worker that has begun; it is stopped at the end if it has not ended by then."""
    own = {"PYTHONPATH": str(_ROOT), "LOG_FORMAT": "json"}
    with TemporaryFile() as output:
        child = await Child.spawn(
            "worker",
            [sys.executable, "-m", "worker"],
            environment={**os.environ, **environment, **own, **_BRISK, **variables},
            directory=_ROOT,
            output=output,
        )
        worker = WorkerProcess(child, output)
        try:
            await worker.logged("worker_started")
            yield worker
        except BaseException:
            sys.stdout.write(_text(output))  # what pytest shows of a test that failed
            raise
        finally:
            await child.stop()


def _text(output: IO[bytes]) -> str:
    output.seek(0)
    return output.read().decode(errors="replace")
