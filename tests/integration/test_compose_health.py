"""The worker's health check of docker-compose.yml, asked of a real worker."""

import asyncio
import os
import sys

from infra.embedded.ports import free_port
from tests.support.containers import environment as compose_environment
from tests.support.containers import services
from tests.support.worker_process import worker_process


async def is_healthy(port: int) -> bool:
    _, _, flag, code = services()["catalog-worker"]["healthcheck"]["test"]
    # in a container it has the port for itself, here somebody may have it
    own = code.replace(f":{compose_environment('catalog-worker')['WORKER_HEALTH_PORT']}/", f":{port}/")
    assert own != code
    process = await asyncio.create_subprocess_exec(
        sys.executable, flag, own, env=os.environ, stderr=asyncio.subprocess.DEVNULL
    )
    return await process.wait() == 0


async def test_a_worker_is_healthy_while_it_runs(environment: dict[str, str]) -> None:
    port = free_port()
    assert not await is_healthy(port)
    async with worker_process(environment, WORKER_HEALTH_PORT=str(port)):
        assert await is_healthy(port)
    assert not await is_healthy(port)
