"""What is measured: the real services as processes, on real stores in which they find nothing of others."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import httpx
import psycopg

from bench.files import catalogue_rows, faulty_rows, write_csv
from cli.client import CargaClient, Json, connect
from cli.service import Service, service_environment
from cli.sources import Source
from infra.embedded.child import Child
from infra.embedded.ports import free_port
from infra.embedded.stores import Stores
from tests.support.stores import create_bucket_and_queues, delete_bucket_and_queues, fresh_database

_LEAST_POLL_SECONDS = 0.005
_MOST_POLL_SECONDS = 0.05
#: Settings for files beyond what the API takes by default.
ANY_SIZE = {"MAX_FILE_SIZE_MB": "5000"}
_OVER = ("completed", "failed", "cancelled")
#: Enough for every code path and every prepared statement to have been used.
_WARM_UP_ROWS = 1000


class WrongOutcome(Exception):
    """An import did not do what it should have: its figures mean nothing."""


class Place(NamedTuple):
    """Running stores, and a directory for the files, which may be large."""

    stores: Stores
    files: Path


class Upload(NamedTuple):
    """A file of :mod:`bench.files` and what is to become of it."""

    file: Path
    rows: int
    proveedor_id: str
    replace: bool


class Carga(NamedTuple):
    """Running services."""

    client: CargaClient
    url: str
    api: Child
    workers: list[Child]
    database_url: str
    stores: dict[str, str]

    @property
    def worker(self) -> Child:
        """The only worker, or the first."""
        return self.workers[0]


@asynccontextmanager
async def empty_database(stores: Stores) -> AsyncIterator[str]:
    """Give the URL of a database with the schema and no rows, dropped afterwards."""
    async with fresh_database(stores, f"bench_{uuid4().hex}") as url:
        yield url


@asynccontextmanager
async def services(
    place: Place, settings: Mapping[str, str] | None = None, *, workers: int = 1
) -> AsyncIterator[Carga]:
    """Start the upload API and workers, which have done two small imports when they are handed over.

    ``settings``: environment variables for all of them, over the defaults.
    Raises ``ServiceFailed`` when one does not start.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    async with _environment(place.stores) as stores, AsyncExitStack() as running:
        own = {"CATALOG_PORT": str(port), "LOG_FORMAT": "json", **(settings or {})}
        environment = service_environment(stores, own)
        api = Service("catalog_service", environment, lambda _: _answers(url), _ignore)
        crew = [Service("worker", environment, _at_once, _ignore) for _ in range(workers)]
        for service in (api, *crew):
            await running.enter_async_context(_running(service))
        client = await running.enter_async_context(connect(url, "es"))
        await _warm_up(client, place.files / "warm-up.csv")
        yield Carga(client, url, api.process, [each.process for each in crew], stores["DATABASE_URL"], stores)


async def send(client: CargaClient, upload: Upload) -> str:
    """Return the task id once the file has been accepted."""
    source = Source(upload.file, upload.file.name, upload.file.stat().st_size)
    accepted = await client.upload(
        source,
        upload.proveedor_id,
        replace=upload.replace,
        validate=False,
        key=str(uuid4()),
        on_bytes=lambda _: None,
    )
    task_id: str = accepted["task_id"]
    return task_id


async def seconds_to_end(client: CargaClient, task_id: str, upload: Upload) -> float:
    """Ask for the status of a task until it is over and return how long that took.

    Raises:
        WrongOutcome: it failed, or did something else with the rows.
    """
    return await _seconds_since(time.monotonic(), client, task_id, upload)


async def seconds_from_upload(client: CargaClient, upload: Upload) -> float:
    """Send a file and return how long it took from then until its task was over.

    Raises:
        WrongOutcome: it failed, or did something else with the rows.
    """
    started = time.monotonic()
    return await _seconds_since(started, client, await send(client, upload), upload)


async def _seconds_since(started: float, client: CargaClient, task_id: str, upload: Upload) -> float:
    while (status := await client.status(task_id))["status"] not in _OVER:  # noqa: ASYNC110
        # another process sets no event of ours
        await asyncio.sleep(pause_before_asking(time.monotonic() - started, status["progress"]))
    seconds = time.monotonic() - started
    check_outcome(status, upload)
    return seconds


def pause_before_asking(elapsed: float, progress: Mapping[str, int | None]) -> float:
    """Return how long to leave a task alone that has been running for ``elapsed`` seconds.

    Every question costs the two cores what some rows would: seldom far from the end, and every 5 ms near it.
    """
    total, processed = progress["total"], progress["processed"]
    if total and processed:
        left = elapsed * (total - processed) / processed
        pause: float = left / 2
    else:
        pause = elapsed / 10
    return min(max(_LEAST_POLL_SECONDS, pause), _MOST_POLL_SECONDS)


async def settle(database_url: str) -> None:
    """Have written out what earlier work left in PostgreSQL's buffers, so that no measurement pays for it."""
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        await connection.execute("CHECKPOINT")


async def _warm_up(client: CargaClient, file: Path) -> None:
    write_csv(file, catalogue_rows(_WARM_UP_ROWS))
    for replace in (False, True):
        upload = Upload(file, _WARM_UP_ROWS, "CALENTAMIENTO", replace)
        await seconds_to_end(client, await send(client, upload), upload)


def check_outcome(status: Json, upload: Upload) -> None:
    """Hold the last status of a task against what the file must come to.

    Raises:
        WrongOutcome: it is something else.
    """
    summary = (status["result"] or {}).get("resumen", {})
    rejected = faulty_rows(upload.rows)
    effects = ("productos_actualizados", "sin_cambios") if upload.replace else ("productos_creados",)
    done = sum(summary.get(effect, 0) for effect in effects)
    if (done, summary.get("rechazados")) != (upload.rows - rejected, rejected):
        raise WrongOutcome(f"{status['status']}: {status['error'] or summary}")


@asynccontextmanager
async def _environment(stores: Stores) -> AsyncIterator[dict[str, str]]:
    """Give a database, a bucket and queues of their own: a worker that has just been stopped may have left a
    question to its queue behind, which would swallow the next message."""
    name = f"bench-{uuid4().hex}"
    async with empty_database(stores) as database_url:
        own = {"DATABASE_URL": database_url, "S3_BUCKET_NAME": name, "SQS_QUEUE_NAME": name}
        environment = stores.environment() | own
        create_bucket_and_queues(environment)
        yield environment
        delete_bucket_and_queues(environment)


@asynccontextmanager
async def _running(service: Service) -> AsyncIterator[None]:
    try:
        await service.start()
        yield
    finally:
        await service.stop()


async def _answers(url: str) -> bool:
    async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
        try:
            return (await client.get(f"{url}/health")).is_success
        except httpx.HTTPError:
            return False


async def _at_once(_: int) -> bool:
    """The warm-up shows whether the worker works."""
    return True


def _ignore(_name: str, _line: str) -> None:
    """A service that fails to start brings the end of its log itself."""
