"""The three services as processes, as a browser meets them; the BFF can be taken away and given back."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from infra.embedded.child import Child
from tests.support.catalog_api import catalog_process
from tests.support.serving import free_port
from tests.support.waiting import eventually
from tests.support.worker_process import WorkerProcess, worker_process

_ROOT = Path(__file__).resolve().parents[2]


class Bff:
    """``python -m bff`` on a port that stays its own."""

    def __init__(self, catalog_port: int) -> None:
        self._port = free_port()
        self._catalog_port = catalog_port
        self._child: Child | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        """Return once it answers."""
        own = {
            "BFF_PORT": str(self._port),
            "CATALOG_URL": f"http://127.0.0.1:{self._catalog_port}",
            "PYTHONPATH": str(_ROOT),
        }
        self._child = await Child.spawn(
            "bff",
            [sys.executable, "-m", "bff"],
            environment={**os.environ, **own},
            directory=_ROOT,
            output=asyncio.subprocess.DEVNULL,
        )
        await eventually(self._answers)

    async def stop(self) -> None:
        """Take it away; nothing listens on its port then."""
        if self._child is not None:
            await self._child.stop()
            self._child = None

    async def _answers(self) -> bool:
        assert self._child is not None
        assert self._child.running
        try:
            async with httpx.AsyncClient() as client:
                return (await client.get(f"{self.url}/health")).is_success
        except httpx.TransportError:
            return False


@asynccontextmanager
async def stack(environment: Mapping[str, str]) -> AsyncIterator[Bff]:
    """API and BFF, with no worker yet."""
    async with catalog_process(environment) as (_, catalog_port):
        bff = Bff(catalog_port)
        await bff.start()
        try:
            yield bff
        finally:
            await bff.stop()


@asynccontextmanager
async def whole_stack(environment: Mapping[str, str]) -> AsyncIterator[tuple[Bff, WorkerProcess]]:
    """API, BFF and a worker that commits every ten rows."""
    async with stack(environment) as bff, worker_process(environment) as worker:
        yield bff, worker
