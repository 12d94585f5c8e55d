"""The worker as a process: told to stop, it finishes its batch and gives the rest back; what it logs."""

import asyncio
import signal

import asyncpg
import pytest
from redis.asyncio import Redis

from common.tasks import TaskStatus
from tests.reference import Catalogue
from tests.support.catalogue_files import csv_file, expected_outcome, products, products_in
from tests.support.interruptions import StandStill
from tests.support.worker_process import WorkerProcess, worker_process
from tests.support.worker_shop import (
    account_of,
    all_is_handled,
    put_upload,
    send,
    waiting_messages,
)

#: What the issue promises.
STOP_SECONDS = 10


async def stopped(worker: WorkerProcess) -> int:
    """How it ended, within the time it has."""
    return await asyncio.wait_for(worker.ended(), STOP_SECONDS)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_stopped_worker_finishes_its_batch_and_gives_the_message_back(
    environment: dict[str, str], connection: asyncpg.Connection, database_url: str, number: signal.Signals
) -> None:
    rows = products(95, faulty_every=7)
    upload = put_upload(environment, csv_file(rows))
    send(environment, upload)
    at_its_fourth_batch = StandStill.before(database_url, "INSERT", "task_batches", "NEW.cursor = 41")
    # one slot: the question of another, cut off too, might take the message for a moment
    async with (
        at_its_fourth_batch as point,
        worker_process(environment, WORKER_CONCURRENCY="1") as worker,
    ):
        await point.somebody_is_there()
        worker.send(number)
        await point.end()
        assert await stopped(worker) == 0
    # to be had at once, not when some time has run out
    assert waiting_messages(environment) == (1, 0)
    account = await account_of(connection, upload)
    assert account.batches == [(11 + 10 * batch, 10) for batch in range(4)]
    assert account.attempts == [(1, 0, "released")]
    async with worker_process(environment):
        await all_is_handled(environment)
    account = await account_of(connection, upload)
    assert account.attempts == [(1, 0, "released"), (2, 41, "completed")]
    catalogue = Catalogue()
    assert account.resumen == expected_outcome(catalogue, upload, rows).resumen
    assert await products_in(connection, "PROV001") == catalogue.products("PROV001")


async def test_a_worker_that_cannot_finish_in_time_gives_its_work_back_all_the_same(
    environment: dict[str, str], connection: asyncpg.Connection, database_url: str
) -> None:
    upload = put_upload(environment, csv_file(products(25)))
    send(environment, upload)
    long = {"SHUTDOWN_GRACE_SECONDS": "0.5", "VISIBILITY_TIMEOUT_SECONDS": "600", "WORKER_CONCURRENCY": "1"}
    before_its_first_batch = StandStill.before(
        database_url, "UPDATE", "tasks", "OLD.sha256 IS DISTINCT FROM NEW.sha256"
    )
    async with before_its_first_batch as point, worker_process(environment, **long) as worker:
        await point.somebody_is_there()
        worker.send(signal.SIGTERM)
        assert await stopped(worker) == 0
        assert waiting_messages(environment) == (1, 0)
    async with worker_process(environment):
        await all_is_handled(environment)
    account = await account_of(connection, upload)
    assert account.attempts == [(1, 0, "released"), (2, 0, "completed")]


async def test_an_idle_worker_stops_and_takes_its_name_off_the_list(environment: dict[str, str]) -> None:
    async with Redis.from_url(environment["REDIS_URL"]) as redis:
        async with worker_process(environment, LONG_POLL_SECONDS="20") as worker:
            (key,) = await redis.keys("carga:worker:*")
            assert 0 < await redis.ttl(key) <= 30
            worker.send(signal.SIGTERM)
            assert await stopped(worker) == 0
        assert await redis.keys("carga:worker:*") == []


async def test_the_log_tells_the_story_of_a_task_and_no_word_of_its_file(
    environment: dict[str, str], connection: asyncpg.Connection
) -> None:
    upload = put_upload(environment, csv_file(products(25, faulty_every=5)))
    send(environment, upload, correlation_id="from-the-api")
    async with worker_process(environment) as worker:
        await worker.logged("task_completed")
        events = worker.events()
    assert (await account_of(connection, upload)).record.status is TaskStatus.COMPLETED
    story = [event for event in events if event.get("task_id") == str(upload.task_id)]
    assert [event["event"] for event in story] == [
        "task_started", "batch_committed", "batch_committed", "batch_committed", "task_completed"
    ]  # fmt: skip
    assert {(event["correlation_id"], event["service"]) for event in story} == {("from-the-api", "worker")}
    assert not any(word in str(events) for word in ("Producto", "P00001", "gratis", "INVIMA"))
