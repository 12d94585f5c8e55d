"""The worker's health check of docker-compose.yml, asked of a real worker."""

import asyncio
import os
import sys

from infra.embedded.child import Child
from tests.support.containers import ROOT, services
from tests.support.waiting import eventually


async def is_healthy(environment: dict[str, str]) -> bool:
    _, _, flag, code = services()["catalog-worker"]["healthcheck"]["test"]
    process = await asyncio.create_subprocess_exec(
        sys.executable, flag, code, env={**os.environ, **environment}, stderr=asyncio.subprocess.PIPE
    )
    _, errors = await process.communicate()
    assert errors == b""
    return process.returncode == 0


async def test_a_worker_is_healthy_while_it_listens(environment: dict[str, str]) -> None:
    assert not await is_healthy(environment)
    worker = await Child.spawn(
        "worker",
        [sys.executable, "-m", "worker"],
        environment={**os.environ, **environment, "PYTHONPATH": str(ROOT)},
        directory=ROOT,
        output=asyncio.subprocess.DEVNULL,
    )
    try:
        await eventually(lambda: is_healthy(environment))
    finally:
        await worker.stop()
    assert not await is_healthy(environment)
