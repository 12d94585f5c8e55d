"""Calling an upload off: the ledger ends the task; whoever works on it may write no more."""

from uuid import UUID

import asyncpg
import msgspec
import structlog

from catalog_service.database import Database
from catalog_service.errors import TaskNotFound, TaskOver
from catalog_service.status import RedisDown, TaskFinder, TaskRecords
from catalog_service.storage import Storage
from common.failpoints import Failpoint, failpoint
from common.ledger import read_task, turn_key
from common.messages import UploadMessage
from common.tasks import TaskRecord, TaskStatus

log = structlog.get_logger(__name__)

_TAKE_TURN = "SELECT pg_advisory_xact_lock($1)"

_CANCEL_STARTED = """
UPDATE tasks
   SET status = 'cancelled', lease_owner = NULL, lease_until = NULL, revision = revision + 1,
       updated_at = clock_timestamp(), completed_at = clock_timestamp()
 WHERE task_id = $1 AND status = 'processing'
RETURNING proveedor_id, epoch
"""

_END_ATTEMPT = """
UPDATE task_attempts SET outcome = 'cancelled', ended_at = clock_timestamp()
 WHERE proveedor_id = $1 AND task_id = $2 AND epoch = $3 AND outcome IS NULL
"""

# a worker that claims it in the same moment has won: then it is cancelled as one that has started
_CANCEL_PENDING = """
INSERT INTO tasks (proveedor_id, task_id, kind, filename, s3_bucket, s3_key, size_bytes, options, accepted_at,
                   status, epoch, completed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'cancelled', 0, clock_timestamp())
ON CONFLICT (proveedor_id, task_id) DO NOTHING
"""


class Cancellation:
    """Ends tasks before they are done."""

    def __init__(
        self, finder: TaskFinder, records: TaskRecords, database: Database, storage: Storage
    ) -> None:
        self._finder = finder
        self._records = records
        self._database = database
        self._storage = storage

    async def cancel(self, task_id: UUID) -> TaskRecord:
        """End a task that is not over. Nothing of it is written any more; what was committed stays, counted.

        Raises:
            TaskNotFound: no upload has this id.
            TaskOver: it has ended already.
            DatabaseUnavailable, StorageUnavailable, StatusUnavailable: it cannot be done now.
        """
        found = await self._finder.find(task_id)
        if found.status.is_terminal:
            raise TaskOver(status_of_task=found.status.value)
        stored = await self._storage.find(task_id)
        async with self._database.connection() as connection:
            if stored is not None:
                await _cancel_pending(connection, stored.message)
            await _cancel_started(connection, task_id)
            record = await read_task(connection, task_id)
        if record is None:
            # Redis still speaks of an upload that was taken back: there is neither object nor ledger row
            raise TaskNotFound(task_id=str(task_id))
        if record.status is not TaskStatus.CANCELLED:
            raise TaskOver(status_of_task=record.status.value)
        failpoint(Failpoint.CANCEL_COMMITTED)
        await self._tell(record)
        failpoint(Failpoint.CANCEL_RECORDED)
        log.info("task_cancelled", task_id=str(task_id), processed=record.progress.processed)
        return record

    async def _tell(self, record: TaskRecord) -> None:
        try:
            await self._records.put(record)
        except RedisDown:
            log.warning("task_record_not_written", task_id=str(record.task_id))


async def _cancel_pending(connection: asyncpg.Connection, upload: UploadMessage) -> None:
    """Enter a task that no worker has taken into the ledger, as one that is over."""
    await connection.execute(
        _CANCEL_PENDING,
        upload.proveedor_id,
        upload.task_id,
        upload.kind,
        upload.filename,
        upload.s3_bucket,
        upload.s3_key,
        upload.size_bytes,
        msgspec.json.encode(upload.options).decode(),
        upload.accepted_at,
    )


async def _cancel_started(connection: asyncpg.Connection, task_id: UUID) -> None:
    async with connection.transaction():
        await connection.execute(_TAKE_TURN, turn_key(task_id))
        row = await connection.fetchrow(_CANCEL_STARTED, task_id)
        if row is not None:
            await connection.execute(_END_ATTEMPT, row["proveedor_id"], task_id, row["epoch"])
