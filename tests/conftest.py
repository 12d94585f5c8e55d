"""The stores that every test below may use.

- ``stores``: a running :class:`~infra.embedded.stores.Stores`, started once for the session. A test may kill,
  stop and restart a store; whatever it leaves dead is started again for the next test.
- ``environment``: for one test, the environment variables of a service (``DATABASE_URL``, ``REDIS_URL``,
  ``AWS_ENDPOINT_URL``, ``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``, ``AWS_DEFAULT_REGION``,
  ``S3_BUCKET_NAME``, ``SQS_QUEUE_NAME``) that lead to a database with the schema and no rows, to an empty
  bucket and empty queues of its own, and to an empty Redis. It is a plain dict: pass it to a settings class
  (``Settings(**{name.lower(): value for name, value in environment.items()})``) or to a child process
  (``env={**os.environ, **environment}``).
- ``database_url``: only such a database, for tests that need nothing else; ``connection``: one to it.
- ``shop``: what a worker works with, on such an environment.

Fixtures and tests may be ``async``; all share one event loop. To look into S3 and SQS see
``tests/support/stores.py``.
"""

import os
from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest

from infra.embedded.stores import Stores
from tests.support.stores import (
    create_bucket_and_queues,
    delete_bucket_and_queues,
    flush_redis,
    fresh_database,
)
from tests.support.worker_shop import workshop
from worker.workshop import Workshop


@pytest.fixture(scope="session", autouse=True)
def _nothing_from_outside() -> None:
    """No test may find AWS or somebody's database through the environment of whoever runs it."""
    ours = ("DATABASE_URL", "REDIS_URL", "S3_BUCKET_NAME", "SQS_QUEUE_NAME")
    for name in [name for name in os.environ if name.startswith("AWS_") or name in ours]:
        del os.environ[name]


@pytest.fixture(scope="session")
async def stores(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stores]:
    """PostgreSQL, Valkey and LocalStack, for the whole session."""
    async with Stores(tmp_path_factory.mktemp("stores")) as running:
        yield running


@pytest.fixture
async def database_url(stores: Stores) -> AsyncIterator[str]:
    """A database with the schema and no rows, for one test."""
    await stores.start()
    async with fresh_database(stores, f"test_{uuid4().hex[:12]}") as url:
        yield url


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A look into the database of the test."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


@pytest.fixture
async def environment(stores: Stores, database_url: str) -> AsyncIterator[dict[str, str]]:
    """Stores of its own for one test, as the environment variables of a service."""
    name = f"test-{uuid4().hex[:12]}"
    names = {"DATABASE_URL": database_url, "S3_BUCKET_NAME": name, "SQS_QUEUE_NAME": name}
    own = stores.environment() | names
    await flush_redis(own["REDIS_URL"])
    create_bucket_and_queues(own)
    yield own
    await stores.start()
    delete_bucket_and_queues(own)


@pytest.fixture
async def shop(environment: dict[str, str]) -> AsyncIterator[Workshop]:
    """A workshop for uploads that are handled within the test's process."""
    async with workshop(environment) as made:
        yield made
