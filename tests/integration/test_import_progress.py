"""What a poller sees while a file is imported: steps of ten, never backwards, never ahead of the ledger."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from uuid import UUID

import asyncpg
from redis.asyncio import Redis

from common.ledger import read_task
from common.tasks import Progress, TaskRecord, TaskStatus, TaskStore
from tests.support.catalogue_files import csv_file, products
from tests.support.interruptions import provider_lock
from tests.support.processes import reader_children
from tests.support.waiting import eventually
from tests.support.worker_shop import account_of, put_upload, workshop
from worker.outcomes import Done, Outcome, Retry
from worker.process import process_upload


@dataclass
class Poller:
    """Reads the record over and over, and after each reading what the ledger has by then."""

    store: TaskStore
    connection: asyncpg.Connection
    task_id: UUID
    #: every reading that told something new
    seen: list[TaskRecord] = field(default_factory=list)
    stopped: bool = False

    async def poll(self) -> None:
        while not self.stopped:
            await self.look()

    async def look(self) -> None:
        record = await self.store.get(self.task_id)
        if record is None:
            return
        committed = await read_task(self.connection, self.task_id)
        assert committed is not None
        assert record.revision <= committed.revision
        assert record.progress.processed <= committed.progress.processed
        if not self.seen or record != self.seen[-1]:
            self.seen.append(record)

    async def sees(self, progress: Progress) -> None:
        """Return once that is what the poller saw last."""

        async def shown() -> bool:
            return bool(self.seen) and self.seen[-1].progress == progress

        await eventually(shown)

    def assert_steady(self) -> None:
        """No reading contradicts itself or one before it."""
        for record in self.seen:
            progress = record.progress
            assert progress.processed == progress.successful + progress.failed <= progress.total
        steps = [
            (record.revision, record.status.is_terminal, record.progress.processed, record.progress.failed)
            for record in self.seen
        ]
        assert steps == sorted(steps)


@asynccontextmanager
async def poller_of(environment: Mapping[str, str], task_id: UUID) -> AsyncIterator[Poller]:
    connection = await asyncpg.connect(environment["DATABASE_URL"])
    try:
        async with Redis.from_url(environment["REDIS_URL"]) as redis:
            poller = Poller(TaskStore(redis), connection, task_id)
            polling = asyncio.create_task(poller.poll())
            try:
                yield poller
            finally:
                # not cancelled: on Python 3.11 a task loses a cancellation that meets it in asyncio.wait_for,
                # which is how the Redis client writes
                poller.stopped = True
                await polling
    finally:
        await connection.close()


async def test_a_slow_file_moves_in_steps_of_ten(environment: dict[str, str]) -> None:
    upload = put_upload(environment, csv_file(products(95, faulty_every=10)))
    async with (
        workshop(environment) as shop,
        provider_lock(environment["DATABASE_URL"]) as lock,
        poller_of(environment, upload.task_id) as poller,
    ):
        # rows that come one batch at a time: each batch waits until the one before has been seen
        slow = replace(shop, batch_max_rows=10)
        importing = asyncio.create_task(process_upload(slow, upload, "test"))
        for rows in [*range(0, 90, 10), 90]:
            await lock.someone_waits()
            await poller.sees(Progress(95, rows, rows - rows // 10, rows // 10))
            await lock.step()
        await lock.release()
        assert await importing == Done()
        await poller.sees(Progress(95, 95, 86, 9))
        await eventually(lambda: _is_completed(poller))
    poller.assert_steady()
    processed = [record.progress.processed for record in poller.seen]
    assert sorted(set(processed)) == [*range(0, 95, 10), 95]


async def _is_completed(poller: Poller) -> bool:
    return poller.seen[-1].status is TaskStatus.COMPLETED


async def test_rows_that_come_fast_are_taken_in_few_batches(environment: dict[str, str]) -> None:
    upload = put_upload(environment, csv_file(products(2000)))
    async with (
        workshop(environment) as shop,
        provider_lock(environment["DATABASE_URL"]) as lock,
        poller_of(environment, upload.task_id) as poller,
    ):
        importing = asyncio.create_task(process_upload(shop, upload, "test"))
        await lock.someone_waits()
        await poller.sees(Progress(2000, 0, 0, 0))
        # the rest of the file piles up behind the first batch
        await eventually(_no_reader_is_left)
        await lock.release()
        assert await importing == Done()
        account = await account_of(lock.connection, upload)
    assert len(account.batches) <= 3
    poller.assert_steady()


async def _no_reader_is_left() -> bool:
    return not reader_children()


async def test_progress_stays_steady_through_two_workers_and_redeliveries(
    environment: dict[str, str],
) -> None:
    upload = put_upload(environment, csv_file(products(300, faulty_every=10)))
    async with (
        workshop(environment, batch_max_rows=10) as first,
        workshop(environment, batch_max_rows=10) as second,
        poller_of(environment, upload.task_id) as poller,
    ):
        outcomes: list[Outcome] = []
        while Done() not in outcomes:
            outcomes += await asyncio.gather(
                process_upload(first, upload, "test"), process_upload(second, upload, "test")
            )
        assert await process_upload(second, upload, "test") == Done()
        await eventually(lambda: _is_completed(poller))
    assert any(isinstance(outcome, Retry) for outcome in outcomes)
    poller.assert_steady()
    assert all(record.progress.processed % 10 == 0 for record in poller.seen)
    assert poller.seen[-1].progress == Progress(300, 300, 270, 30)


async def test_a_late_writer_takes_nothing_back(environment: dict[str, str]) -> None:
    upload = put_upload(environment, csv_file(products(30)))
    async with workshop(environment) as shop, poller_of(environment, upload.task_id) as poller:
        assert await process_upload(shop, upload, "test") == Done()
        await eventually(lambda: _is_completed(poller))
        completed = poller.seen[-1]
        # the API that answered slowly, and a worker that was frozen
        assert not await shop.tasks.put(TaskRecord.pending(upload))
        assert await shop.tasks.get(upload.task_id) == completed
