"""Each store goes away at each step of an upload: the client is told 202 or 503 in time, and a retry with the
same key ends in exactly one task."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from catalog_service.parts import PART_BYTES
from common.catalog import COLUMN_NAMES
from common.tasks import TaskStatus
from tests.support.catalog_api import assert_problem, catalog_api, objects, post
from tests.support.catalogue_files import csv_file, products, products_in
from tests.support.faulty_proxy import Fault, FaultyProxy, leading_through
from tests.support.stores import flush_redis
from tests.support.worker_process import worker_process
from tests.support.worker_shop import queue_is_empty

#: Nobody waits longer than this for an answer, with the settings as they are by default.
PATIENCE = 10

KEY = {"Idempotency-Key": "pedido-42"}

_FEW, _MANY = products(20), products(300)
SMALL = csv_file(_FEW)
#: Three parts in S3, most of it in a column that nobody knows.
LARGE = csv_file(({**row, "notas": "x" * 60_000} for row in _MANY), [*COLUMN_NAMES, "notas"])


@dataclass(frozen=True)
class Step:
    """A point of an upload: the request to a store by which it is known, and the file that gets there."""

    name: str
    store: str
    marker: bytes
    content: bytes = SMALL

    @property
    def proveedor_id(self) -> str:
        """A provider of its own."""
        return self.name.replace(" ", "-")


_AWS, _REDIS, _POSTGRESQL = "AWS_ENDPOINT_URL", "REDIS_URL", "DATABASE_URL"
INTO_S3 = [
    Step("put", _AWS, b"PUT /"),
    Step("open", _AWS, b"?uploads HTTP", LARGE),
    Step("first part", _AWS, b"partNumber=1", LARGE),
    Step("last part", _AWS, b"partNumber=3", LARGE),
    Step("complete", _AWS, b"<CompleteMultipartUpload", LARGE),
]
AFTERWARDS = [
    Step("task record", _REDIS, b"EVALSHA"),
    Step("redis connection", _REDIS, b""),
    Step("find queue", _AWS, b"AmazonSQS.GetQueueUrl"),
    Step("send", _AWS, b"AmazonSQS.SendMessage"),
]
#: Of an upload that came before: its object is found, and then whether a worker has it already.
REPEATED = [
    Step("put again", _AWS, b"PUT /"),
    Step("head", _AWS, b"HEAD /"),
    Step("read task record", _REDIS, b"GET"),
    Step("read ledger", _POSTGRESQL, b"FROM tasks"),
    Step("ledger connection", _POSTGRESQL, b""),
    Step("send again", _AWS, b"AmazonSQS.SendMessage"),
]


@asynccontextmanager
async def api_behind(
    environment: Mapping[str, str], step: Step, fault: Fault
) -> AsyncIterator[tuple[httpx.AsyncClient, FaultyProxy]]:
    """An API whose store goes away, for good, when an upload comes to ``step``."""
    proxy = FaultyProxy(environment[step.store], step.marker, fault, for_good=True)
    async with proxy.serve() as url:
        through = {**environment, step.store: leading_through(url, environment[step.store])}
        # the ledger is asked whatever Redis says: that is one step more that can fail
        async with catalog_api(through, status_stale_seconds=0) as client:
            yield client, proxy


async def answer_in_time(client: httpx.AsyncClient, step: Step, **options: Any) -> httpx.Response:
    async with asyncio.timeout(PATIENCE):
        response = await post(client, step.content, **options)
    assert response.status_code in (202, 503), (step.name, response.text)
    if response.status_code == 503:
        assert_problem(response, 503, response.json()["code"])
        assert int(response.headers["retry-after"]) > 0
    return response


async def cut_off_and_retried(environment: Mapping[str, str], step: Step, fault: Fault) -> str:
    """Upload by a provider of its own, with the store gone at ``step`` and then back; return the task."""
    options: dict[str, Any] = {"headers": KEY, "proveedor_id": step.proveedor_id}
    async with api_behind(environment, step, fault) as (client, proxy):
        first = await answer_in_time(client, step, **options)
        assert proxy.spoiled, step.name
        proxy.fault = None
        again = await answer_in_time(client, step, **options)
    assert again.status_code == 202, (step.name, again.text)
    task_id: str = again.json()["task_id"]
    if first.status_code == 202:
        assert first.json()["task_id"] == task_id
    return task_id


async def assert_each_is_imported_once(environment: dict[str, str], tasks: Mapping[str, str]) -> None:
    """Let a worker handle what is on the queue; ``tasks``: the task of each step."""
    assert set(objects(environment)) == {f"uploads/{task_id}" for task_id in tasks.values()}
    async with worker_process(environment, BATCH_MAX_ROWS="5000"):
        await queue_is_empty(environment, seconds=90)
    connection = await asyncpg.connect(environment["DATABASE_URL"])
    rows = await connection.fetch("SELECT task_id, status, proveedor_id FROM tasks")
    assert {str(row["task_id"]) for row in rows} == set(tasks.values())
    assert len(rows) == len(tasks)
    assert {row["status"] for row in rows} == {TaskStatus.COMPLETED}
    large = {step.proveedor_id for step in INTO_S3 if step.content is LARGE}
    for row in rows:
        imported = len(await products_in(connection, row["proveedor_id"]))
        assert imported == len(_MANY if row["proveedor_id"] in large else _FEW), row
    await connection.close()


@pytest.mark.parametrize("fault", list(Fault))
@pytest.mark.parametrize("steps", [INTO_S3, AFTERWARDS], ids=["into S3", "afterwards"])
async def test_a_store_that_goes_away_within_an_upload(
    environment: dict[str, str], steps: list[Step], fault: Fault
) -> None:
    assert len(LARGE) > 2 * PART_BYTES
    tasks = {step.name: await cut_off_and_retried(environment, step, fault) for step in steps}
    await assert_each_is_imported_once(environment, tasks)


@pytest.mark.parametrize("fault", list(Fault))
async def test_a_store_that_goes_away_within_a_repeated_upload(
    environment: dict[str, str], fault: Fault
) -> None:
    tasks = {}
    for step in REPEATED:
        async with catalog_api(environment) as client:
            first = await post(client, step.content, headers=KEY, proveedor_id=step.proveedor_id)
        assert first.status_code == 202
        tasks[step.name] = await cut_off_and_retried(environment, step, fault)
        assert tasks[step.name] == first.json()["task_id"]
    await assert_each_is_imported_once(environment, tasks)


@pytest.mark.parametrize("fault", list(Fault))
@pytest.mark.parametrize("step", [INTO_S3[0], AFTERWARDS[-1]], ids=lambda step: step.name)
async def test_a_refused_upload_without_a_key_is_a_new_one_the_next_time(
    environment: dict[str, str], step: Step, fault: Fault
) -> None:
    """Nothing tells the API that it is the same; and taking it back may not be possible either."""
    async with api_behind(environment, step, fault) as (client, proxy):
        first = await answer_in_time(client, step)
        proxy.fault = None
        again = await answer_in_time(client, step)
    assert again.status_code == 202
    if first.status_code == 202:
        assert first.json()["task_id"] != again.json()["task_id"]


async def test_a_flushed_redis_between_two_tries_is_no_second_task(environment: dict[str, str]) -> None:
    async with catalog_api(environment) as client:
        first = (await post(client, SMALL, headers=KEY)).json()
        await flush_redis(environment["REDIS_URL"])
        again = (await post(client, SMALL, headers=KEY)).json()
    assert UUID(first["task_id"]) == UUID(again["task_id"])
    await assert_each_is_imported_once(environment, {"only": first["task_id"]})
