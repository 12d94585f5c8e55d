"""Telling pollers how far a task is: the latest committed record, to Redis, without ever waiting for
Redis."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from redis.exceptions import RedisError

from common.failpoints import Failpoint, failpoint
from common.tasks import TaskRecord, TaskStore

log = structlog.get_logger(__name__)

#: A Redis that takes longer than this is passed over; the status endpoint then answers from the ledger.
_PATIENCE_SECONDS = 2.0


class Progress:
    """Publishes the records of one task, the newest that is there when Redis is free to take one."""

    def __init__(self, store: TaskStore) -> None:
        self._store = store
        self._latest: TaskRecord | None = None
        self._wake = asyncio.Event()
        self._closed = False

    def publish(self, record: TaskRecord) -> None:
        """Offer a record that has been committed; returns at once."""
        self._latest = record
        self._wake.set()

    def close(self) -> None:
        """Let :meth:`run` end once the last record offered has been written."""
        self._closed = True
        self._wake.set()

    async def run(self) -> None:
        """Write records as they are offered, until closed."""
        closed = False
        while not closed:
            await self._wake.wait()
            self._wake.clear()
            # noted before the write: what is offered meanwhile needs another round
            closed = self._closed
            record, self._latest = self._latest, None
            if record is not None:
                await put_record(self._store, record)


@asynccontextmanager
async def progress_of(store: TaskStore) -> AsyncIterator[Progress]:
    """Publish in the background while the context lasts; the last record is written before it ends."""
    progress = Progress(store)
    publishing = asyncio.create_task(progress.run())
    try:
        yield progress
    finally:
        progress.close()
        await publishing


async def put_record(store: TaskStore, record: TaskRecord) -> None:
    """Write a record to Redis; when Redis cannot take it, say so and go on: the ledger has it."""
    failpoint(Failpoint.RECORD_OFFERED)
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await store.put(record)
    except (RedisError, OSError, TimeoutError) as error:
        log.warning("task_record_not_written", error=type(error).__name__)
    failpoint(Failpoint.RECORD_STORED)
