"""What became of a task: from Redis, else from the ledger, else from the object in S3."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable
from typing import TypeVar
from uuid import UUID

import structlog
from redis.exceptions import RedisError

from catalog_service.database import Database
from catalog_service.errors import DatabaseUnavailable, StatusUnavailable, StorageUnavailable, TaskNotFound
from catalog_service.seen_tasks import SeenTask, SeenTasks
from catalog_service.shared_reads import SharedReads
from catalog_service.storage import Storage
from common.ledger import read_task
from common.tasks import TaskRecord, TaskStore

log = structlog.get_logger(__name__)

T = TypeVar("T")

#: How many tasks it is remembered of what was last told.
_REMEMBERED = 10_000


class RedisDown(Exception):
    """Redis did not answer in time. Nobody outside has to know: there are other places to ask."""


class TaskRecords:
    """Task records in Redis, within a time that nobody notices."""

    def __init__(self, store: TaskStore, *, timeout_seconds: float) -> None:
        self._store = store
        self._timeout_seconds = timeout_seconds
        self._reads = SharedReads(self._get_stored)
        self._seen = SeenTasks()

    async def get(self, task_id: UUID) -> SeenTask | None:
        """Return what Redis holds of the task, None where that is nothing. Raises ``RedisDown``."""
        stored = await self._reads.get(task_id)
        return None if stored is None else self._seen.see(task_id, stored)

    async def put(self, record: TaskRecord) -> None:
        """Write the record unless a newer one is there. Raises ``RedisDown``."""
        await self._within_time(self._store.put(record))

    async def delete(self, task_id: UUID) -> None:
        """Forget the record. Raises ``RedisDown``."""
        await self._within_time(self._store.delete(task_id))

    async def _get_stored(self, task_ids: list[UUID]) -> list[bytes | None]:
        return await self._within_time(self._store.get_stored(task_ids))

    async def _within_time(self, call: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await call
        except (RedisError, OSError) as error:
            log.warning("redis_failed", reason=type(error).__name__)
            raise RedisDown from error


class TaskFinder:
    """Finds what is known of a task, wherever it is still known; never less than it has told before."""

    def __init__(
        self, records: TaskRecords, database: Database, storage: Storage, *, stale_seconds: float
    ) -> None:
        self._records = records
        self._database = database
        self._storage = storage
        self._stale_seconds = stale_seconds
        self._told: OrderedDict[UUID, int] = OrderedDict()
        #: When a task that is over was last checked against the ledger.
        self._checked: OrderedDict[UUID, float] = OrderedDict()

    async def find(self, task_id: UUID) -> TaskRecord:
        """Return the newest that can be known of a task, with all that `look` raises."""
        return (await self.look(task_id)).record

    async def look(self, task_id: UUID) -> SeenTask:
        """Return the newest that can be known of a task, decoded as far as it has to be.

        Raises:
            TaskNotFound: no upload has this id.
            StatusUnavailable: whoever would know does not answer.
        """
        seen = await self._look(task_id)
        _remember(self._told, task_id, max(seen.revision, self._told.get(task_id, 0)))
        return seen

    async def _look(self, task_id: UUID) -> SeenTask:
        cached = await self._cached(task_id)
        if cached is not None and self._is_good(task_id, cached):
            return cached
        try:
            committed = await self._committed(task_id)
        except DatabaseUnavailable as error:
            if cached is None:
                raise StatusUnavailable() from error
            return cached
        if committed is None:
            return cached or SeenTask(await self._accepted(task_id))
        if cached is None or committed.revision >= cached.revision:
            return SeenTask(committed)
        return cached

    def _is_good(self, task_id: UUID, cached: SeenTask) -> bool:
        """Return whether what Redis holds can be told as it is.

        A task that is over changes once more when a later upload brings its rejected rows in; that is looked
        for now and then only, and not in vain again and again while the ledger is away.
        """
        if cached.status.is_terminal and not cached.has_open_rows:
            return True
        if cached.age_seconds() < self._stale_seconds:
            return True
        if not cached.status.is_terminal:
            return False
        now, last = time.monotonic(), self._checked.get(task_id)
        if last is not None and now - last < self._stale_seconds:
            return True
        _remember(self._checked, task_id, now)
        return False

    async def _cached(self, task_id: UUID) -> SeenTask | None:
        """Return what Redis holds, unless that is behind what was told: a Redis that was away may come back
        with what it knew before."""
        try:
            seen = await self._records.get(task_id)
        except RedisDown:
            return None
        return None if seen is not None and seen.revision < self._told.get(task_id, 0) else seen

    async def _committed(self, task_id: UUID) -> TaskRecord | None:
        async with self._database.connection() as connection:
            record = await read_task(connection, task_id)
        if record is not None:
            try:
                await self._records.put(record)
            except RedisDown:
                log.warning("task_record_not_repaired", task_id=str(task_id))
        return record

    async def _accepted(self, task_id: UUID) -> TaskRecord:
        try:
            stored = await self._storage.find(task_id)
        except StorageUnavailable as error:
            raise StatusUnavailable() from error
        if stored is None:
            raise TaskNotFound(task_id=str(task_id))
        return TaskRecord.pending(stored.message)


def _remember(of: OrderedDict[UUID, T], task_id: UUID, what: T) -> None:
    of[task_id] = what
    of.move_to_end(task_id)
    if len(of) > _REMEMBERED:
        of.popitem(last=False)
