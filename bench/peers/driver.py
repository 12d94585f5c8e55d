"""Starts the peers' Celery worker and has it import files; the only module here that runs in our Python."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from bench.files import catalogue_rows, faulty_rows, write_csv
from bench.stack import Place, Upload, WrongOutcome, empty_database
from cli.errors import CommandError
from cli.exit_codes import ExitCode
from cli.state import HOME, ROOT
from common.texts import Text
from infra.embedded.child import Child, run_to_end

#: Each peer with the most rows it is given: the slow ones fewer, for they are compared by rows per second.
PEERS: dict[str, int] = {"row_by_row": 2_000, "django_bulk": 5_000, "bulk": 50_000, "bulk_copy": 50_000}

#: Where ``./carga bench import --peers`` puts their libraries.
PEERS_PYTHON = HOME / "peers-venv" / "bin" / "python"

_PACKAGES = ("celery", "pandas", "sqlalchemy", "psycopg", "django", "django-import-export")
_VERSIONS = f"""
import importlib.metadata, json
print(json.dumps({{name: importlib.metadata.version(name) for name in {_PACKAGES!r}}}))
"""
#: Enough for every code path of a peer, and not long for the slowest.
_WARM_UP_ROWS = 200
_START_SECONDS = 60

_NOT_INSTALLED = Text(
    "Falta {python}: lo instala «./carga bench import --peers»",
    "There is no {python}: “./carga bench import --peers” installs it",
)


class PeerWorker(NamedTuple):
    """A running Celery worker that has imported something with every peer, and a table without rows."""

    environment: Mapping[str, str]
    database_url: str


async def peer_versions() -> dict[str, str]:
    """Return what the peers consist of. Raises :class:`CommandError` when they are not installed."""
    if not PEERS_PYTHON.exists():
        raise CommandError(_NOT_INSTALLED, ExitCode.SETUP_FAILED, code="no_peers", python=PEERS_PYTHON)
    versions: dict[str, str] = json.loads(await _output(["-c", _VERSIONS], os.environ))
    return versions


@asynccontextmanager
async def peer_worker(place: Place) -> AsyncIterator[PeerWorker]:
    """Start a worker on a database of its own: prefork, one process, as Celery's documentation starts one."""
    async with empty_database(place.stores) as database_url:
        redis_url = place.stores.valkey.url.removesuffix("/0") + "/1"
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PEERS_DATABASE_URL": database_url,
            "PEERS_REDIS_URL": redis_url,
        }
        worker = PeerWorker(environment, database_url)
        async with _celery(environment, place.files / "peers.log"):
            await _warm_up(worker, place.files)
            yield worker


async def timed_peer(worker: PeerWorker, peer: str, upload: Upload) -> float:
    """Have the peer import a file; return the seconds from the task sent to the task done.

    Raises:
        WrongOutcome: it did something else with the rows than Carga does.
    """
    arguments = ["-m", "bench.peers.send", peer, str(upload.file), upload.proveedor_id]
    outcome = json.loads(await _output(arguments, worker.environment))
    rejected = faulty_rows(upload.rows)
    written = outcome["updated" if upload.replace else "created"]
    if (written, outcome["rejected"]) != (upload.rows - rejected, rejected):
        raise WrongOutcome(f"{peer}: {outcome}")
    return float(outcome["seconds"])


async def empty_products(database_url: str) -> None:
    """Let the next peer find a table as new as the one before did."""
    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        await connection.execute("TRUNCATE products")


async def _warm_up(worker: PeerWorker, directory: Path) -> None:
    upload = Upload(directory / "peers-warm-up.csv", _WARM_UP_ROWS, "CALENTAMIENTO", replace=False)
    write_csv(upload.file, catalogue_rows(upload.rows))
    for peer in PEERS:
        for replace in (False, True):
            async with asyncio.timeout(_START_SECONDS):
                await timed_peer(worker, peer, upload._replace(replace=replace))
        await empty_products(worker.database_url)


@asynccontextmanager
async def _celery(environment: Mapping[str, str], log: Path) -> AsyncIterator[None]:
    options = ["--pool", "prefork", "--concurrency", "1", "--loglevel", "WARNING"]
    command: list[str | Path] = [
        PEERS_PYTHON,
        "-P",
        "-m",
        "celery",
        "-A",
        "bench.peers.app",
        "worker",
        *options,
    ]
    with log.open("ab") as output:
        worker = await Child.spawn("celery", command, environment=environment, directory=ROOT, output=output)
        try:
            yield
        finally:
            await worker.stop(signal.SIGTERM)


async def _output(arguments: list[str], environment: Mapping[str, Any]) -> str:
    exit_code, output = await run_to_end(
        [PEERS_PYTHON, "-P", *arguments], environment=environment, directory=ROOT
    )
    if exit_code != 0:
        raise WrongOutcome(f"{' '.join(arguments[:3])}: {output[-2000:]}")
    return output
