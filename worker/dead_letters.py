"""Messages that the queue gave up on: each is recorded, its task failed, and only then is it removed.

Between any two of these steps the worker may die: the message is delivered again, and every step finds out
what has been done already.
"""

from dataclasses import dataclass
from datetime import timedelta

import asyncpg
import msgspec
import structlog

from common.failpoints import Failpoint, failpoint
from common.ledger import read_task
from common.messages import InvalidMessage, UploadMessage
from common.tasks import TaskRecord
from worker.database import DATABASE_FAULTS
from worker.ledger import Held
from worker.mending import publish_mended
from worker.progress import put_record
from worker.upload_queue import Delivery, QueueUnavailable, UploadQueue
from worker.workshop import Workshop

log = structlog.get_logger(__name__)

#: The error code of the tasks that are failed here, and of no others.
TOO_MANY_ATTEMPTS = "too_many_attempts"
UNREADABLE = "unreadable"

#: When to look again for a task whose attempt is in the middle of a batch.
_BATCH_SECONDS = 1.0
#: A row that stays locked for longer than this is one that a live attempt is writing a batch for.
_LIMIT_WAIT = "SET LOCAL lock_timeout = '1s'"

_IS_RECORDED = "SELECT true FROM dead_letters WHERE message_id = $1"

_RECORD = """
INSERT INTO dead_letters (message_id, task_id, proveedor_id, body, correlation_id, deliveries, reason)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (message_id) DO NOTHING
"""

# epoch 0: no attempt at it has ever begun
_ENTER = """
INSERT INTO tasks (proveedor_id, task_id, kind, filename, s3_bucket, s3_key, sha256, size_bytes, options,
                   correlation_id, accepted_at, status, epoch)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'processing', 0)
ON CONFLICT (proveedor_id, task_id) DO NOTHING
RETURNING true
"""

_STANDING = """
SELECT status = 'processing' AS unfinished,
       extract(epoch FROM greatest(t.lease_until, t.updated_at, (
           SELECT max(a.ended_at) FROM task_attempts AS a
            WHERE a.proveedor_id = t.proveedor_id AND a.task_id = t.task_id
       )) + $3 - clock_timestamp())::float8 AS wait_seconds
  FROM tasks AS t
 WHERE proveedor_id = $1 AND task_id = $2
   FOR UPDATE OF t
"""

_FAIL = """
UPDATE tasks
   SET status = 'failed', error_code = $3, lease_owner = NULL, lease_until = NULL, revision = revision + 1,
       updated_at = clock_timestamp(), completed_at = clock_timestamp()
 WHERE proveedor_id = $1 AND task_id = $2
"""

_END_ATTEMPTS = """
UPDATE task_attempts SET outcome = 'lost', ended_at = clock_timestamp()
 WHERE proveedor_id = $1 AND task_id = $2 AND outcome IS NULL
"""


@dataclass(frozen=True)
class Buried:
    """The ledger needs the message no more. ``record``: its task, where it has one, for whoever polls."""

    record: TaskRecord | None


async def bury(connection: asyncpg.Connection, letter: Delivery, quiet_seconds: float) -> Buried | Held:
    """Record the message and fail its task, all or nothing; safe to repeat.

    Nothing is recorded of a message whose task is over. A task that an attempt holds, or held less than
    ``quiet_seconds`` ago, is left alone: another message of it may be about to bring it to its end.
    """
    try:
        return await _bury_upload(connection, UploadMessage.from_body(letter.body), letter, quiet_seconds)
    except asyncpg.LockNotAvailableError:
        return Held(_BATCH_SECONDS)
    except (InvalidMessage, asyncpg.DataError) as error:
        # an upload that the ledger cannot take is none
        log.error("dead_letter_unreadable", message=letter.message_id, error=type(error).__name__)
        await _record(connection, letter, None, UNREADABLE)
        return Buried(None)


async def _bury_upload(
    connection: asyncpg.Connection, upload: UploadMessage, letter: Delivery, quiet_seconds: float
) -> Buried | Held:
    if upload.report is not None:
        # its task is over, and lacks nothing; whoever wants the error file orders it again
        log.warning("error_file_given_up", task_id=str(upload.task_id), deliveries=letter.count)
        return Buried(None)
    async with connection.transaction():
        await connection.execute(_LIMIT_WAIT)
        # a message seen to before: its task may have been reopened since, for a message of its own
        if not await connection.fetchval(_IS_RECORDED, letter.message_id):
            wait_seconds = await _fail(connection, upload, letter, quiet_seconds)
            if wait_seconds > 0:
                return Held(wait_seconds)
            failpoint(Failpoint.LETTER_WRITTEN)
        return Buried(await read_task(connection, upload.task_id))


async def _fail(
    connection: asyncpg.Connection, upload: UploadMessage, letter: Delivery, quiet_seconds: float
) -> float:
    """Fail the task unless it is over; return how long to wait before that can be done, 0 when it was."""
    identity = upload.proveedor_id, upload.task_id
    options = msgspec.json.encode(upload.options).decode()
    entered = await connection.fetchval(
        _ENTER, *identity, upload.kind, upload.filename, upload.s3_bucket, upload.s3_key, upload.sha256,
        upload.size_bytes, options, letter.correlation_id, upload.accepted_at,
    )  # fmt: skip
    if not entered:
        standing = await connection.fetchrow(_STANDING, *identity, timedelta(seconds=quiet_seconds))
        if not standing["unfinished"]:
            return 0.0
        if standing["wait_seconds"] > 0:
            return float(standing["wait_seconds"])
    await connection.execute(_FAIL, *identity, TOO_MANY_ATTEMPTS)
    await connection.execute(_END_ATTEMPTS, *identity)
    await _record(connection, letter, upload, TOO_MANY_ATTEMPTS)
    log.error("task_given_up", task_id=str(upload.task_id), deliveries=letter.count)
    return 0.0


async def _record(
    connection: asyncpg.Connection, letter: Delivery, upload: UploadMessage | None, reason: str
) -> None:
    task = (None, None) if upload is None else (upload.task_id, upload.proveedor_id)
    await connection.execute(
        _RECORD, letter.message_id, *task, letter.body, letter.correlation_id, letter.count, reason
    )


class DeadLetters:
    """Sees to the dead-letter queue, one message at a time.

    ``longest_wait_seconds``: how long a message of the upload queue may be kept back until it is tried again.
    """

    def __init__(
        self, letters: UploadQueue, uploads: UploadQueue, shop: Workshop, *, longest_wait_seconds: float
    ) -> None:
        self._letters = letters
        self._uploads = uploads
        self._shop = shop
        self._longest_wait_seconds = longest_wait_seconds

    async def attend(self) -> None:
        """Wait for one message and see to it; while a store is down leave it where it is."""
        if not await self._shop.gate.is_open():
            return
        try:
            letter = await self._letters.receive()
            if letter is not None:
                await self._see_to(letter)
        except QueueUnavailable as error:
            log.warning("dead_letters_put_off", store="sqs", error=str(error))
        except DATABASE_FAULTS as error:
            log.warning("dead_letters_put_off", store="postgresql", error=type(error).__name__)

    async def _see_to(self, letter: Delivery) -> None:
        quiet_seconds = self._shop.lease_seconds
        if await self._uploads.depth():
            # one of those may be of the same task
            quiet_seconds += self._longest_wait_seconds
        async with self._shop.database.connection() as connection:
            outcome = await bury(connection, letter, quiet_seconds)
        if isinstance(outcome, Held):
            await self._letters.hide(letter, outcome.seconds + 1)
            return
        failpoint(Failpoint.LETTER_BURIED)
        if outcome.record is not None:
            async with self._shop.database.connection() as connection:
                await publish_mended(connection, self._shop.tasks, outcome.record)
            await put_record(self._shop.tasks, outcome.record)
        failpoint(Failpoint.LETTER_RECORDED)
        await self._letters.delete(letter)
        failpoint(Failpoint.LETTER_DELETED)
        self._shop.metrics.dead_letters.inc()
