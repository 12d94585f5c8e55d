"""The slots, on a real queue: what is taken, what is given back, what is deleted, and what never is."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import structlog

from common.aws import aws_client
from common.messages import UploadMessage
from common.tasks import Progress, TaskStatus
from infra.embedded.stores import Stores
from tests.support.catalogue_files import csv_file, products
from tests.support.interruptions import ProviderLock, kind_of_upload, provider_lock
from tests.support.processes import reader_children
from tests.support.stores import queue_url, sqs_client
from tests.support.waiting import eventually
from tests.support.worker_shop import (
    NOBODY,
    account_of,
    put_upload,
    redis_record,
    send,
    waiting_messages,
    worker_settings,
    workshop,
)
from worker import ledger
from worker.consumer import Consumer
from worker.database import Database
from worker.processors.catalog.processor import CatalogProcessor
from worker.upload_queue import UploadQueue
from worker.workshop import Workshop


@asynccontextmanager
async def consumer(
    environment: Mapping[str, str],
    *,
    slots: int = 1,
    lease_seconds: int = 60,
    sqs_url: str | None = None,
    **shop: Any,
) -> AsyncIterator[Consumer]:
    """A consumer that works while the context lasts, and is told to stop at its end."""
    own = worker_settings(environment, **({"aws_endpoint_url": sqs_url} if sqs_url else {}))
    async with (
        workshop(environment, lease_seconds=lease_seconds, **shop) as made,
        aws_client("sqs", own) as sqs,
    ):
        queue = UploadQueue(sqs, own.sqs_queue_name, lease_seconds, wait_seconds=1)
        working = Consumer(queue, made, slots=slots, retry_delays=(10,))
        running = asyncio.create_task(working.run())
        try:
            yield working
            # whoever broke down has told why
            assert not running.done()
        finally:
            made.stopping.set()
            await running


async def completed(environment: Mapping[str, str], upload: UploadMessage) -> None:
    async def is_completed() -> bool:
        record = await redis_record(environment, upload.task_id)
        return record is not None and record.status is TaskStatus.COMPLETED

    await eventually(is_completed)


async def messages(
    environment: Mapping[str, str], *, visible: int = 0, hidden: int = 0, suffix: str = ""
) -> None:
    """Return once the queue holds so many messages."""

    async def are_there() -> bool:
        return waiting_messages(environment, suffix) == (visible, hidden)

    await eventually(are_there)


async def test_a_message_is_deleted_once_its_task_is_over(
    environment: dict[str, str], connection: asyncpg.Connection
) -> None:
    good, bad = put_upload(environment, csv_file(products(25))), put_upload(environment, b"id\n")
    for upload in (good, bad):
        send(environment, upload, correlation_id="from-the-api")
    async with consumer(environment):
        await completed(environment, good)
        await messages(environment)
    assert (await account_of(connection, good)).record.progress == Progress(25, 25, 25, 0)
    assert (await account_of(connection, bad)).record.status is TaskStatus.FAILED
    assert await connection.fetch("SELECT DISTINCT correlation_id FROM tasks") == [("from-the-api",)]


async def test_a_message_that_reached_nobody_is_soon_back(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The queue answers a question though its asker, killed or stopped, is gone."""
    monkeypatch.setattr("worker.upload_queue._ARRIVAL_SECONDS", 1)
    send(environment, "lost on the way")
    own = worker_settings(environment)
    async with aws_client("sqs", own) as sqs:
        await UploadQueue(sqs, own.sqs_queue_name, visibility_seconds=600, wait_seconds=1).receive()
    assert waiting_messages(environment) == (0, 1)
    await messages(environment, visible=1)


async def test_a_message_is_kept_and_hidden_while_its_task_goes_on(
    environment: dict[str, str],
    database_url: str,
    connection: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("worker.upload_queue._ARRIVAL_SECONDS", 1)
    upload = put_upload(environment, csv_file(products(25)))
    send(environment, upload)
    async with provider_lock(database_url) as lock, consumer(environment, lease_seconds=2):
        await lock.someone_waits()
        lease = "SELECT lease_until FROM tasks"
        first = await connection.fetchval(lease)
        await _let_the_lease_pass(connection, first)
        # neither did the message come back meanwhile
        assert _receive(environment) == []
        await lock.release()
        await completed(environment, upload)
        await messages(environment)
    assert (await account_of(connection, upload)).attempts == [(1, 0, "completed")]


async def _let_the_lease_pass(connection: asyncpg.Connection, until: datetime) -> None:
    """Return one lease after it would have ended, had nobody renewed it."""

    async def has_passed() -> bool:
        passed: bool = await connection.fetchval(
            "SELECT clock_timestamp() > $1::timestamptz + interval '2 s'", until
        )
        return passed

    await eventually(has_passed)


def _receive(environment: Mapping[str, str]) -> list[Any]:
    answer = sqs_client(environment).receive_message(
        QueueUrl=queue_url(environment), WaitTimeSeconds=0, VisibilityTimeout=0
    )
    return list(answer.get("Messages", []))


async def test_a_lease_is_renewed_between_batches(
    environment: dict[str, str], connection: asyncpg.Connection
) -> None:
    """No batch is under way, so that the row is not locked: only the heartbeat keeps others out."""
    upload = put_upload(environment, csv_file(products(5)), kind="slow")
    send(environment, upload)
    processor = CatalogProcessor()
    processor.checker = "tests.support.wild_checkers:waits"
    with kind_of_upload("slow", processor):
        async with consumer(environment, lease_seconds=1):
            await eventually(lambda: _has_begun(connection))
            first = await connection.fetchval("SELECT lease_until FROM tasks")
            await _let_the_lease_pass(connection, first)
            alive = "SELECT lease_until > clock_timestamp() FROM tasks"
            assert await connection.fetchval(alive)
            assert _receive(environment) == []
            (reader,) = reader_children()
            os.kill(reader, signal.SIGKILL)


async def _has_begun(connection: asyncpg.Connection) -> bool:
    begun: bool = await connection.fetchval("SELECT EXISTS (SELECT FROM tasks)")
    return begun


async def test_a_held_message_comes_back_when_the_lease_is_over(
    environment: dict[str, str], connection: asyncpg.Connection
) -> None:
    upload = put_upload(environment, csv_file(products(25)))
    async with workshop(environment) as dead, dead.database.connection() as its:
        await claim_as_a_worker_that_died(dead, its, upload)
    send(environment, upload)
    async with consumer(environment):
        await completed(environment, upload)
        await messages(environment)
    account = await account_of(connection, upload)
    assert account.attempts == [(1, 0, "lost"), (2, 0, "completed")]


async def claim_as_a_worker_that_died(
    shop: Workshop, connection: asyncpg.Connection, upload: UploadMessage
) -> None:
    await ledger.claim(connection, upload, owner=shop.worker_id, lease_seconds=1, correlation_id="dead")


async def test_what_nobody_can_read_goes_to_the_dead_letters(environment: dict[str, str]) -> None:
    good = put_upload(environment, csv_file(products(5)))
    for body in ("no JSON", "{}", '{"task_id": "x"}'):
        send(environment, body)
    send(environment, good)
    async with consumer(environment, slots=2):
        await completed(environment, good)
        await messages(environment, visible=3, suffix="-dlq")
        await messages(environment)


async def test_a_message_that_nobody_foresaw_takes_no_worker_down(
    environment: dict[str, str], connection: asyncpg.Connection
) -> None:
    # PostgreSQL keeps no NUL
    poison = put_upload(environment, csv_file(products(5)), task_id=uuid4(), proveedor_id="PROV\0")
    good = put_upload(environment, csv_file(products(5)))
    for upload in (poison, good):
        send(environment, upload)
    async with consumer(environment):
        await completed(environment, good)
        # it comes again, as often as the queue says
        await messages(environment, hidden=1)
    assert await connection.fetchval("SELECT count(*) FROM tasks") == 1


async def test_a_slot_is_taken_before_a_message(environment: dict[str, str], database_url: str) -> None:
    uploads = [put_upload(environment, csv_file(products(5))) for _ in range(5)]
    for upload in uploads:
        send(environment, upload)
    async with provider_lock(database_url) as lock, consumer(environment, slots=2) as working:
        await messages(environment, visible=3, hidden=2)
        await lock.someone_waits()
        assert working.busy == 2
        await lock.release()
        for upload in uploads:
            await completed(environment, upload)
        await messages(environment)


async def test_without_postgresql_no_message_is_taken(environment: dict[str, str], stores: Stores) -> None:
    upload = put_upload(environment, csv_file(products(5)))
    await stores.postgres.stop()
    send(environment, upload)
    with structlog.testing.capture_logs() as logs:
        async with consumer(environment):
            await eventually(lambda: _logged(logs, "store_is_down"))
            assert waiting_messages(environment) == (1, 0)
            await stores.postgres.start()
            await completed(environment, upload)
            await messages(environment)
    # not one delivery was wasted
    assert "message_returned" not in {entry["event"] for entry in logs}


async def test_a_database_without_the_schema_is_not_ready_yet(stores: Stores, database_url: str) -> None:
    for url, is_ready in ((stores.postgres.url_of("postgres"), False), (database_url, True)):
        database = Database(url, 1)
        assert await database.is_ready() is is_ready
        await database.close()


async def test_without_sqs_the_worker_waits(environment: dict[str, str]) -> None:
    with structlog.testing.capture_logs() as logs:
        async with consumer(environment, slots=2, sqs_url=f"http://{NOBODY}"):
            await eventually(lambda: _logged(logs, "waiting_for_queue"))


async def _logged(logs: list[Any], event: str) -> bool:
    return any(entry["event"] == event for entry in logs)


async def test_a_message_of_a_task_that_was_lost_is_left_alone(
    environment: dict[str, str], database_url: str, connection: asyncpg.Connection
) -> None:
    """The attempt that owns the task now answers for the message: it is neither deleted nor brought back."""
    upload = put_upload(environment, csv_file(products(25)))
    send(environment, upload)
    with structlog.testing.capture_logs() as logs:
        async with provider_lock(database_url) as lock, consumer(environment, batch_max_rows=10) as working:
            await lock.someone_waits()
            taking_over = asyncio.create_task(_take_over(database_url))
            await _two_wait(lock)
            await lock.release()
            await taking_over
            await eventually(lambda: _logged(logs, "task_lost"))
            await eventually(lambda: _is_idle(working))
            assert waiting_messages(environment) == (0, 1)
    assert (await account_of(connection, upload)).record.status is TaskStatus.PROCESSING


async def _is_idle(working: Consumer) -> bool:
    return working.busy == 0


async def _take_over(database_url: str) -> None:
    """Be another attempt, as soon as the batch under way lets go of the task."""
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute("UPDATE tasks SET epoch = epoch + 1")
    finally:
        await connection.close()


async def _two_wait(lock: ProviderLock) -> None:
    async def wait() -> bool:
        waiting: int = await lock.connection.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return waiting >= 2

    await eventually(wait)
