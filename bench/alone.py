"""One server, and what measures it, as processes: nothing else of Carga runs that would be measured too."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import httpx

from bench.stack import Place, empty_database
from cli.service import Service, service_environment
from cli.state import ROOT
from infra.embedded.ports import free_port
from tests.support.stores import create_bucket_and_queues, delete_bucket_and_queues

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class Server(NamedTuple):
    """A process that answers on a port of this machine."""

    pid: int
    port: int


@asynccontextmanager
async def stores_of_its_own(place: Place) -> AsyncIterator[dict[str, str]]:
    """Give the environment of services with a database, a bucket and queues that nobody else has."""
    name = f"bench-{uuid4().hex}"
    async with empty_database(place.stores) as database_url:
        own = {"DATABASE_URL": database_url, "S3_BUCKET_NAME": name, "SQS_QUEUE_NAME": name}
        environment = place.stores.environment() | own
        create_bucket_and_queues(environment)
        yield environment
        delete_bucket_and_queues(environment)


@asynccontextmanager
async def upload_api(environment: Mapping[str, str]) -> AsyncIterator[Server]:
    """Run the upload API. Raises ``ServiceFailed`` when it does not start."""
    async with _running("catalog_service", environment, "CATALOG_PORT") as server:
        yield server


@asynccontextmanager
async def bff_server(catalog_url: str) -> AsyncIterator[Server]:
    """Run the BFF in front of an API. Raises ``ServiceFailed`` when it does not start."""
    async with _running("bff", {"CATALOG_URL": catalog_url}, "BFF_PORT") as server:
        yield server


@asynccontextmanager
async def bare_server(answers: Path) -> AsyncIterator[Server]:
    """Run :mod:`bench.bare`. Raises ``ServiceFailed`` when it does not start."""
    async with _running("bench.bare", {"BARE_ANSWERS": str(answers)}, "BARE_PORT") as server:
        yield server


@asynccontextmanager
async def _running(module: str, environment: Mapping[str, str], port_variable: str) -> AsyncIterator[Server]:
    port = free_port()

    async def answers(_: int) -> bool:
        async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
            try:
                return (await client.get(f"http://127.0.0.1:{port}/health")).status_code < 500
            except httpx.HTTPError:
                return False

    own = {port_variable: str(port), "LOG_FORMAT": "json"}
    service = Service(module, service_environment(environment, own), answers, lambda _name, _line: None)
    try:
        await service.start()
        yield Server(service.process.pid, port)
    finally:
        await service.stop()


async def run_module(module: str, question: bytes, environment: Mapping[str, str]) -> bytes:
    """Let ``python -m module`` do what it is asked on its standard input, and return what it prints.

    Raises:
        CalledProcessError: it did not end well.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", module),
        env=service_environment(environment, {}),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        printed, errors = await process.communicate(question)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode or 1, module, printed, errors)
    return printed


def cpu_seconds(pid: int) -> float:
    """Return what a process has used of the processors so far, for itself and in the kernel (proc(5))."""
    # what stands before the last bracket is its name, and may hold anything
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    user, system = fields[11:13]
    return (int(user) + int(system)) / _TICKS_PER_SECOND
