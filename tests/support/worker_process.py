"""``python -m worker`` for a test, and what its log says."""

import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Any

from infra.embedded.child import Child
from tests.support.waiting import eventually

_ROOT = Path(__file__).resolve().parents[2]

#: A worker that leases, polls and tries again by the second, one upload at a time.
_SHORT = {
    "VISIBILITY_TIMEOUT_SECONDS": "2",
    "LONG_POLL_SECONDS": "1",
    "RETRY_DELAYS_SECONDS": "1",
    "WORKER_CONCURRENCY": "1",
    "BATCH_MAX_ROWS": "10",
    "RECONCILE_EVERY_SECONDS": "0",
    "LOG_FORMAT": "json",
}


class WorkerProcess:
    """A running worker."""

    def __init__(self, child: Child, log: IO[bytes]) -> None:
        self.child = child
        self._log = log

    def events(self, name: str) -> list[dict[str, Any]]:
        """What it has logged under that name."""
        lines = os.pread(self._log.fileno(), 1 << 24, 0).splitlines()
        entries = [json.loads(line) for line in lines if line.startswith(b"{") and line.endswith(b"}")]
        return [entry for entry in entries if entry["event"] == name]

    async def has_logged(self, name: str, times: int = 1) -> None:
        """Return once it has logged that so often."""

        async def logged() -> bool:
            assert self.child.running
            return len(self.events(name)) >= times

        await eventually(logged, seconds=60)


@asynccontextmanager
async def worker_process(environment: Mapping[str, str], **variables: str) -> AsyncIterator[WorkerProcess]:
    """A worker on the stores of ``environment``; ``variables`` are settings of it."""
    with tempfile.TemporaryFile() as log:
        child = await Child.spawn(
            "worker",
            [sys.executable, "-m", "worker"],
            environment={**os.environ, "PYTHONPATH": str(_ROOT), **_SHORT, **environment, **variables},
            directory=_ROOT,
            output=log,
        )
        worker = WorkerProcess(child, log)
        try:
            await worker.has_logged("worker_started")
            yield worker
        finally:
            await child.stop(seconds=20)
