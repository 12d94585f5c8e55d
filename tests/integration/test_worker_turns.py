"""Nobody waits for somebody else's thousand files or for a large one to end, on a real queue."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import structlog

from common.aws import aws_client
from common.messages import UploadMessage
from common.tasks import TaskStatus
from tests.support.catalogue_files import csv_file, products
from tests.support.faulty_proxy import Fault, FaultyProxy
from tests.support.interruptions import kind_of_upload, provider_lock
from tests.support.processes import reader_children
from tests.support.recovery import received, recovery
from tests.support.stores import queue_url, sqs_client
from tests.support.waiting import eventually
from tests.support.worker_shop import (
    all_is_handled,
    messages_in_all,
    put_upload,
    redis_record,
    send,
    waiting_messages,
    worker_settings,
    workshop,
)
from worker.consumer import Consumer
from worker.processors.catalog.processor import CatalogProcessor
from worker.reports import Finding
from worker.upload_queue import Delivery, UploadQueue

FILE = csv_file(products(5))
MANY, OTHER = "PROV001", "PROV002"
LARGE = 1 << 30


class NotedQueue(UploadQueue):
    """The real queue; it notes what it delivers."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.deliveries: list[Delivery] = []

    async def receive(self) -> Delivery | None:
        delivery = await super().receive()
        if delivery is not None:
            self.deliveries.append(delivery)
        return delivery


class Working:
    """A consumer at work."""

    def __init__(self, consumer: Consumer, queue: NotedQueue, shop: Any, running: asyncio.Task[None]) -> None:
        self.consumer = consumer
        self.queue = queue
        self.shop = shop
        self.running = running

    def passed_over(self, reason: str) -> float:
        """How many messages it has left for others' turn."""
        return float(self.shop.metrics.passed_over.labels(reason)._value.get())

    async def has_passed_over(self, reason: str, times: int) -> None:
        async def has() -> bool:
            assert not self.running.done()
            return self.passed_over(reason) >= times

        await eventually(has)

    async def is_left_with(self, busy: int) -> None:
        """A slot is free again a moment after its task has ended: the message is settled in between."""

        async def is_left() -> bool:
            return self.consumer.busy == busy

        await eventually(is_left)


@asynccontextmanager
async def working(
    environment: Mapping[str, str], *, slots: int = 2, aws: str | None = None, **options: Any
) -> AsyncIterator[Working]:
    """A consumer that works while the context lasts, and is told to stop at its end."""
    settings = worker_settings(environment, **({"aws_endpoint_url": aws} if aws else {}))
    async with workshop(environment) as shop, aws_client("sqs", settings) as sqs:
        queue = NotedQueue(sqs, settings.sqs_queue_name, 60, 1)
        consumer = Consumer(queue, shop, slots=slots, retry_delays=(10,), **options)
        running = asyncio.create_task(consumer.run())
        try:
            yield Working(consumer, queue, shop, running)
            assert not running.done() or shop.stopping.is_set()
        finally:
            shop.stopping.set()
            await running


def put_and_send(environment: Mapping[str, str], **fields: Any) -> UploadMessage:
    upload = put_upload(environment, FILE, **fields)
    send(environment, upload)
    return upload


async def completed(environment: Mapping[str, str], *uploads: UploadMessage) -> None:
    async def are() -> bool:
        records = [await redis_record(environment, upload.task_id) for upload in uploads]
        return all(record and record.status is TaskStatus.COMPLETED for record in records)

    await eventually(are, seconds=60)


async def claimed(connection: asyncpg.Connection) -> set[UUID]:
    return {row["task_id"] for row in await connection.fetch("SELECT task_id FROM tasks")}


async def assert_each_was_handled_once(connection: asyncpg.Connection, uploads: list[UploadMessage]) -> None:
    attempts = await connection.fetch("SELECT task_id, outcome FROM task_attempts")
    assert Counter(map(tuple, attempts)) == {(upload.task_id, "completed"): 1 for upload in uploads}


async def test_one_file_behind_many_of_another_provider_is_handled_first(
    environment: dict[str, str], database_url: str, connection: asyncpg.Connection
) -> None:
    many = [put_and_send(environment, proveedor_id=MANY) for _ in range(40)]
    one = put_and_send(environment, proveedor_id=OTHER)
    async with provider_lock(database_url, MANY) as lock, working(environment) as worker:
        await completed(environment, one)
        # of the many, those at most that have a slot
        assert len(await claimed(connection) - {one.task_id}) <= 2
        await lock.release()
        await completed(environment, *many)
        await all_is_handled(environment)
        assert worker.passed_over("provider") >= 30
        # what was passed over was never nearer to the dead letters
        assert {delivery.count for delivery in worker.queue.deliveries} == {1}
        assert {delivery.correlation_id for delivery in worker.queue.deliveries} == {"test"}
    await assert_each_was_handled_once(connection, [*many, one])


async def test_with_one_slot_providers_take_turns_too(
    environment: dict[str, str], connection: asyncpg.Connection
) -> None:
    many = [put_and_send(environment, proveedor_id=MANY) for _ in range(20)]
    one = put_and_send(environment, proveedor_id=OTHER)
    async with working(environment, slots=1):
        await completed(environment, one, *many)
        await all_is_handled(environment)
    began = await connection.fetch("SELECT proveedor_id FROM task_attempts ORDER BY started_at LIMIT 2")
    assert [row["proveedor_id"] for row in began] == [MANY, OTHER]
    await assert_each_was_handled_once(connection, [*many, one])


async def test_without_turns_it_is_first_come_first_served(
    environment: dict[str, str], connection: asyncpg.Connection
) -> None:
    many = [put_and_send(environment, proveedor_id=MANY) for _ in range(10)]
    one = put_and_send(environment, proveedor_id=OTHER)
    async with working(environment, slots=1, take_turns=False) as worker:
        await completed(environment, one, *many)
        assert len(worker.queue.deliveries) == 11
    began = await connection.fetch("SELECT task_id FROM task_attempts ORDER BY started_at")
    assert [row["task_id"] for row in began] == [upload.task_id for upload in (*many, one)]


async def test_a_large_file_does_not_get_the_last_slot(
    environment: dict[str, str], database_url: str, connection: asyncpg.Connection
) -> None:
    large = [put_and_send(environment, proveedor_id=f"L{number}", size_bytes=LARGE) for number in range(3)]
    async with (
        provider_lock(database_url, "L0") as lock,
        working(environment, large_bytes=LARGE) as worker,
    ):
        await worker.has_passed_over("large", 4)
        small = [put_and_send(environment, proveedor_id=f"S{number}") for number in range(3)]
        await completed(environment, *small)
        await worker.is_left_with(1)
        assert await claimed(connection) == {upload.task_id for upload in (large[0], *small)}
        await lock.release()
        await completed(environment, *large)
        await all_is_handled(environment)
        assert {delivery.count for delivery in worker.queue.deliveries} == {1}
    await assert_each_was_handled_once(connection, [*large, *small])


async def test_a_small_file_does_not_wait_for_a_large_one_of_the_same_provider(
    environment: dict[str, str], connection: asyncpg.Connection
) -> None:
    stuck = CatalogProcessor()
    stuck.checker = "tests.support.wild_checkers:waits"
    with kind_of_upload("stuck", stuck):
        large = put_and_send(environment, kind="stuck", size_bytes=LARGE)
        async with working(environment, large_bytes=LARGE) as worker:
            corrections = [put_and_send(environment) for _ in range(5)]
            await completed(environment, *corrections)
            assert await claimed(connection) == {upload.task_id for upload in (large, *corrections)}
            await worker.is_left_with(1)
            (reader,) = reader_children()
            os.kill(reader, signal.SIGKILL)


async def test_one_that_was_delivered_before_is_not_passed_over(
    environment: dict[str, str], database_url: str, connection: asyncpg.Connection
) -> None:
    """A copy would not know how often its upload has been attempted."""
    sqs, url = sqs_client(environment), queue_url(environment)
    retried = put_and_send(environment)
    (message,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1)["Messages"]
    others = [put_and_send(environment) for _ in range(10)]
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    async with provider_lock(database_url) as lock:
        first = put_and_send(environment, kind="catalog")
        async with working(environment) as worker:
            await eventually(lambda: are_claimed(connection, 2))
            assert retried.task_id in await claimed(connection)
            await lock.release()
            await completed(environment, first, retried, *others)
            await all_is_handled(environment)
            counts = {
                UploadMessage.from_body(delivery.body).task_id: delivery.count
                for delivery in worker.queue.deliveries
            }
    assert {task_id for task_id, count in counts.items() if count > 1} == {retried.task_id}


async def are_claimed(connection: asyncpg.Connection, count: int) -> bool:
    return len(await claimed(connection)) == count


async def test_told_to_stop_in_the_middle_of_it_nothing_is_lost_or_doubled(
    environment: dict[str, str], database_url: str, connection: asyncpg.Connection
) -> None:
    many = [put_and_send(environment) for _ in range(60)]
    async with provider_lock(database_url) as lock, working(environment) as worker:
        await worker.has_passed_over("provider", 5)
        worker.shop.stopping.set()
        await lock.release()
        await worker.running
        assert worker.passed_over("provider") < 59
    done = await connection.fetch("SELECT task_id FROM tasks WHERE status = 'completed'")
    left = [upload.task_id for upload in many if upload.task_id not in {row["task_id"] for row in done}]
    assert messages_in_all(environment) == len(left)

    async def are_visible() -> bool:
        return waiting_messages(environment) == (len(left), 0)

    await eventually(are_visible)
    assert Counter(upload.task_id for upload in received(environment)) == Counter(left)


async def test_what_cannot_be_passed_over_comes_back_and_is_taken(
    environment: dict[str, str], database_url: str, connection: asyncpg.Connection
) -> None:
    uploads = [put_and_send(environment) for _ in range(4)]
    proxy = FaultyProxy(environment["AWS_ENDPOINT_URL"], b"AmazonSQS.SendMessage", Fault.RESET)
    with structlog.testing.capture_logs() as logs:
        async with (
            proxy.serve() as aws,
            provider_lock(database_url) as lock,
            working(environment, aws=aws) as worker,
        ):
            await eventually(lambda: _logged(logs, "message_not_passed_over"))
            await lock.release()
            await completed(environment, *uploads)
            await all_is_handled(environment)
            assert worker.passed_over("provider") == 0
            assert max(delivery.count for delivery in worker.queue.deliveries) == 2
    await assert_each_was_handled_once(connection, uploads)


async def _logged(logs: list[Any], event: str) -> bool:
    return any(entry["event"] == event for entry in logs)


async def test_copies_keep_the_group_and_go_after_the_others(environment: dict[str, str]) -> None:
    """The group is what the fair queues of SQS go by; a standard queue without them takes it too."""
    upload = put_upload(environment, FILE, proveedor_id="año nuevo\n" * 50)
    async with recovery(environment) as made:
        await made.uploads.send(upload.to_body(), "c", group=upload.group, delay_seconds=1)
        assert (await made.uploads.backlog()).delayed == 1
        assert await made.uploads.depth() == 1

    async def is_visible() -> bool:
        return waiting_messages(environment) == (1, 0)

    await eventually(is_visible)
    answer: Any = sqs_client(environment).receive_message(
        QueueUrl=queue_url(environment), MessageSystemAttributeNames=["MessageGroupId"]
    )
    (message,) = answer["Messages"]
    assert message["Attributes"]["MessageGroupId"] == upload.group
    assert message["Body"] == upload.to_body()


async def test_uploads_that_were_passed_over_are_not_announced_again(environment: dict[str, str]) -> None:
    uploads = [put_upload(environment, FILE) for _ in range(3)]
    async with recovery(environment) as made:
        for upload in uploads:
            await made.uploads.send(upload.to_body(), "c", group=upload.group, delay_seconds=60)
        report = await made.reconciler(silence=0).run_round()
        assert report is not None
        assert report.uploads_announced == Finding.of([])
    assert messages_in_all(environment) == 3
