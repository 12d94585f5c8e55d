"""Trying again what was given up: the task is reopened, its message sent, and that is noted.

Each step may be the last before a kill. Whoever repeats the whole finds the letter still waiting and sends it
again; a message too many is harmless.
"""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import asyncpg
import structlog

from common.failpoints import Failpoint, failpoint
from common.ledger import record_from_row
from common.messages import provider_group
from common.tasks import TaskRecord, TaskStore
from worker.database import Database
from worker.dead_letters import TOO_MANY_ATTEMPTS
from worker.progress import put_record
from worker.upload_queue import UploadQueue

log = structlog.get_logger(__name__)

_LIST = """
SELECT l.message_id, l.task_id, l.proveedor_id, l.reason, l.deliveries, l.correlation_id, l.buried_at,
       l.redriven_at, t.status AS task_status
  FROM dead_letters AS l
  LEFT JOIN tasks AS t USING (proveedor_id, task_id)
 ORDER BY l.buried_at DESC, l.message_id
 LIMIT $1
"""

# of several messages of one task the one that was buried last is sent
_WAITING = """
SELECT proveedor_id, task_id, array_agg(message_id) AS message_ids,
       (array_agg(body ORDER BY buried_at DESC))[1] AS body,
       (array_agg(correlation_id ORDER BY buried_at DESC))[1] AS correlation_id
  FROM dead_letters
 WHERE redriven_at IS NULL AND task_id IS NOT NULL AND ($1::uuid IS NULL OR task_id = $1)
 GROUP BY proveedor_id, task_id
 ORDER BY min(buried_at)
"""

# its time begins anew (TASK_TIMEOUT_SECONDS)
_REOPEN = """
UPDATE tasks
   SET status = 'processing', error_code = NULL, error_params = '{}', completed_at = NULL,
       revision = revision + 1, updated_at = clock_timestamp(), created_at = clock_timestamp()
 WHERE proveedor_id = $1 AND task_id = $2 AND status = 'failed' AND error_code = $3
RETURNING *
"""

_REOPENED_BEFORE = """
SELECT * FROM tasks WHERE proveedor_id = $1 AND task_id = $2 AND status = 'processing'
"""

_NOTE_SENT = "UPDATE dead_letters SET redriven_at = clock_timestamp() WHERE message_id = ANY ($1::text[])"


@dataclass(frozen=True)
class DeadLetter:
    """A message that was given up on, without its body. ``task_status``: where its task stands now."""

    message_id: str
    task_id: UUID | None
    proveedor_id: str | None
    reason: str
    deliveries: int
    correlation_id: str
    buried_at: datetime
    redriven_at: datetime | None
    task_status: str | None


@dataclass(frozen=True)
class Waiting:
    """All letters of one task that have not been sent again, and what there is to send."""

    proveedor_id: str
    task_id: UUID
    message_ids: list[str]
    body: str
    correlation_id: str


@dataclass
class Redriven:
    """What became of the waiting letters, by task: sent again, or passed over because the task ended in
    another way or is gone."""

    sent: list[UUID] = field(default_factory=list)
    passed_over: list[UUID] = field(default_factory=list)


async def list_letters(connection: asyncpg.Connection, limit: int) -> list[DeadLetter]:
    """Return the letters, those buried last first."""
    return [DeadLetter(**row) for row in await connection.fetch(_LIST, limit)]


async def waiting_letters(connection: asyncpg.Connection, task_id: UUID | None) -> list[Waiting]:
    """Return what has not been sent again, of one task or of all."""
    return [Waiting(**row) for row in await connection.fetch(_WAITING, task_id)]


async def reopen(connection: asyncpg.Connection, letter: Waiting) -> TaskRecord | None:
    """Let workers claim the task again, from its cursor; None unless it was given up for its letters.

    The epoch stays: an attempt that slept since before is still the last to have held the task.
    """
    identity = letter.proveedor_id, letter.task_id
    row = await connection.fetchrow(_REOPEN, *identity, TOO_MANY_ATTEMPTS)
    if row is None:
        # by somebody who then could not send
        row = await connection.fetchrow(_REOPENED_BEFORE, *identity)
    return None if row is None else record_from_row(row)


async def note_sent(connection: asyncpg.Connection, letter: Waiting) -> None:
    """Remember that the letters of this task need not be sent again."""
    await connection.execute(_NOTE_SENT, letter.message_ids)


async def redrive(
    database: Database, queue: UploadQueue, tasks: TaskStore, task_id: UUID | None = None
) -> Redriven:
    """Send again what waits, of one task or of all.

    Raises one of ``DATABASE_FAULTS`` or ``QueueUnavailable`` when it cannot go on; what has been sent is
    noted.
    """
    redriven = Redriven()
    async with database.connection() as connection:
        for letter in await waiting_letters(connection, task_id):
            record = await reopen(connection, letter)
            if record is None:
                redriven.passed_over.append(letter.task_id)
                continue
            failpoint(Failpoint.TASK_REOPENED)
            await put_record(tasks, record)
            await queue.send(letter.body, letter.correlation_id, group=provider_group(letter.proveedor_id))
            failpoint(Failpoint.LETTER_SENT)
            await note_sent(connection, letter)
            failpoint(Failpoint.LETTER_NOTED)
            redriven.sent.append(letter.task_id)
            log.info("dead_letter_redriven", task_id=str(letter.task_id))
    return redriven
