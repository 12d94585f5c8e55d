"""How long a worker goes on with an upload: until it stalls, its time is up, or it has held it for long."""

import asyncio
import signal
from collections import deque
from datetime import timedelta

import asyncpg
import psutil

from common.messages import UploadMessage
from common.tasks import Progress, TaskStatus
from common.texts import render_task_error
from tests.support.catalogue_files import csv_file, products, products_in
from tests.support.interruptions import provider_lock
from tests.support.processes import reader_children
from tests.support.worker_process import worker_process
from tests.support.worker_shop import (
    account_of,
    all_is_handled,
    put_upload,
    redis_record,
    send,
    workshop,
)
from worker.consumer import Consumer
from worker.upload_queue import Delivery, UploadQueue


class TestStalled:
    """An attempt that makes no progress is given up, however alive its worker is."""

    async def test_a_reader_that_hangs_does_not_live_for_ever(
        self, environment: dict[str, str], database_url: str, connection: asyncpg.Connection
    ) -> None:
        # more rows than may wait for the worker: the reader is in the middle of the file
        upload = put_upload(environment, csv_file(products(30_000)))
        async with worker_process(environment, STALL_TIMEOUT_SECONDS="3", BATCH_MAX_ROWS="5000") as worker:
            async with provider_lock(database_url) as lock:
                send(environment, upload)
                await lock.someone_waits()
                (reader,) = (psutil.Process(pid) for pid in reader_children(worker.pid))
                reader.send_signal(signal.SIGSTOP)
            await worker.has_logged("task_stalled")
            await all_is_handled(environment)
            assert not reader.is_running()
        account = await account_of(connection, upload)
        assert account.record.progress == Progress(30_000, 30_000, 30_000, 0)
        assert account.attempts[0] == (1, 0, "crashed")
        # what was committed before it hung was not done again
        assert account.attempts[-1][1] > 0
        assert account.attempts[-1][2] == "completed"
        assert len(account.outputs) == len(set(account.outputs)) == 30_000

    async def test_one_that_stalls_again_and_again_fails_its_task(
        self, environment: dict[str, str], database_url: str, connection: asyncpg.Connection
    ) -> None:
        upload = put_upload(environment, csv_file(products(30)))
        async with (
            provider_lock(database_url) as lock,
            worker_process(environment, STALL_TIMEOUT_SECONDS="2", MAX_ATTEMPTS="2"),
        ):
            send(environment, upload)
            await lock.someone_waits()
            await lock.step()
            await all_is_handled(environment)
        account = await account_of(connection, upload)
        assert (account.record.status, account.record.error_code) == (TaskStatus.FAILED, "stalled")
        assert "lo ya procesado se conserva" in render_task_error("stalled", {}, "es")
        assert account.record.progress == Progress(30, 10, 10, 0)
        assert account.attempts == [(1, 0, "crashed"), (2, 11, "failed")]
        assert len(await products_in(connection, "PROV001")) == 10
        assert await redis_record(environment, upload.task_id) == account.record


class TestTimeLimit:
    """``TASK_TIMEOUT_SECONDS``, counted from the first attempt on."""

    async def test_a_task_whose_time_is_up_fails_with_what_was_done(
        self, environment: dict[str, str], database_url: str, connection: asyncpg.Connection
    ) -> None:
        upload = await self._begun_an_hour_ago(environment, database_url, connection)
        async with worker_process(environment, TASK_TIMEOUT_SECONDS="60"):
            send(environment, upload)
            await all_is_handled(environment)
        record = (await account_of(connection, upload)).record
        assert (record.status, record.error_code) == (TaskStatus.FAILED, "task_timeout")
        assert record.error_params == {"limit": 60}
        assert "60 segundos" in render_task_error("task_timeout", record.error_params, "es")
        assert record.progress == Progress(30, 10, 10, 0)
        assert len(await products_in(connection, "PROV001")) == 10

    async def test_without_a_limit_it_may_last(
        self, environment: dict[str, str], database_url: str, connection: asyncpg.Connection
    ) -> None:
        upload = await self._begun_an_hour_ago(environment, database_url, connection)
        async with worker_process(environment):
            send(environment, upload)
            await all_is_handled(environment)
        assert (await account_of(connection, upload)).record.status is TaskStatus.COMPLETED

    async def _begun_an_hour_ago(
        self, environment: dict[str, str], database_url: str, connection: asyncpg.Connection
    ) -> UploadMessage:
        """An upload of which one batch of three was committed, by a worker that was killed then."""
        upload = put_upload(environment, csv_file(products(30)))
        async with worker_process(environment) as worker, provider_lock(database_url) as lock:
            send(environment, upload)
            await lock.someone_waits()
            await lock.step()
            await worker.kill()
        await connection.execute(
            "UPDATE tasks SET created_at = created_at - $1::interval", timedelta(hours=1)
        )
        return upload


async def test_an_upload_that_was_held_for_long_is_handed_on_with_its_cursor(
    environment: dict[str, str], connection: asyncpg.Connection
) -> None:
    upload = put_upload(environment, csv_file(products(40)))
    async with worker_process(environment, HANDOVER_SECONDS="0.001") as worker:
        send(environment, upload)
        await worker.has_logged("task_completed")
        await all_is_handled(environment)
        assert [entry["reason"] for entry in worker.events("message_returned")] == ["released"] * 3
    account = await account_of(connection, upload)
    # each time it gets on, or it would be handed round for ever
    assert account.attempts == [
        (1, 0, "released"),
        (2, 11, "released"),
        (3, 21, "released"),
        (4, 31, "completed"),
    ]
    assert account.record.progress == Progress(40, 40, 40, 0)


class _RecordingQueue(UploadQueue):
    """Hands over the same message again and again, and notes for how long each delivery is hidden."""

    def __init__(self, body: str, counts: list[int]) -> None:
        self._body = body
        self._left = deque(counts)
        self.waits: list[float] = []
        self.emptied = asyncio.Event()

    async def receive(self) -> Delivery | None:
        if not self._left:
            self.emptied.set()
            return None
        count = self._left.popleft()
        return Delivery(message_id="m", body=self._body, receipt=f"r{count}", count=count, correlation_id="c")

    async def extend(self, delivery: Delivery) -> None:
        """It is not for long enough."""

    async def hide(self, delivery: Delivery, seconds: float) -> None:
        self.waits.append(seconds)


async def test_the_wait_grows_with_every_delivery(environment: dict[str, str]) -> None:
    upload = put_upload(environment, csv_file(products(10)))
    counts = [1, 2, 3, 4, 9] * 4
    queue = _RecordingQueue(upload.to_body(), counts)
    async with workshop(environment, stall_seconds=0.01, max_attempts=1000) as shop:
        # the one provider there is would be passed over
        consumer = Consumer(queue, shop, slots=1, retry_delays=(60, 300, 900), take_turns=False)
        working = asyncio.create_task(consumer.run())
        await queue.emptied.wait()
        shop.stopping.set()
        await working
    scheduled = [{1: 60, 2: 300}.get(count, 900) for count in counts]
    assert len(queue.waits) == len(counts)
    for wait, expected in zip(queue.waits, scheduled, strict=True):
        assert 0.8 * expected <= wait <= 1.2 * expected
    # what failed together does not come back together
    assert len({wait for wait, expected in zip(queue.waits, scheduled, strict=True) if expected == 60}) > 1
