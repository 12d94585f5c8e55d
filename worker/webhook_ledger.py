"""What the ledger holds of webhooks: which tasks are to be told of, who is at it, and what came of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

#: For how long a task that ended is told of.
PATIENCE = timedelta(hours=24)
#: A task that ended shows some time after that, with its transaction.
_LATELY = timedelta(minutes=10)
_FIRST_WAIT_SECONDS, _WAIT_GROWS, _LONGEST_WAIT_SECONDS = 5.0, 4, 3600.0

# one that ended again since it was told of (it was reopened) is told of again
_ANNOUNCE = """
INSERT INTO webhook_deliveries AS d (proveedor_id, task_id)
SELECT t.proveedor_id, t.task_id FROM tasks AS t
 WHERE t.completed_at > clock_timestamp() - $3::interval
   AND (t.proveedor_id = ANY ($1::text[]) OR $2)
   AND NOT EXISTS (
       SELECT FROM webhook_deliveries AS told
        WHERE told.proveedor_id = t.proveedor_id AND told.task_id = t.task_id
          AND coalesce(told.delivered_at, told.given_up_at, 'infinity') >= t.completed_at)
ON CONFLICT (proveedor_id, task_id) DO UPDATE
   SET attempts = 0, next_at = clock_timestamp(), delivered_at = NULL, given_up_at = NULL
 WHERE coalesce(d.delivered_at, d.given_up_at) IS NOT NULL
"""

# of each address a few at a time, so that one that hangs holds nobody else up (that of all others is one);
# whoever comes second finds the row no longer due
_TAKE = """
WITH waiting AS (
    SELECT d.proveedor_id, d.task_id, d.next_at,
           row_number() OVER (
               PARTITION BY CASE WHEN d.proveedor_id = ANY ($1::text[]) THEN d.proveedor_id END
                   ORDER BY d.next_at
           ) AS turn
      FROM webhook_deliveries AS d
     WHERE d.delivered_at IS NULL AND d.given_up_at IS NULL AND d.next_at <= clock_timestamp()
       AND (d.proveedor_id = ANY ($5::text[]) OR ($2 AND d.proveedor_id <> ALL ($1::text[])))
), chosen AS (
    SELECT proveedor_id, task_id FROM waiting WHERE turn <= $6 ORDER BY turn, next_at LIMIT $4
)
UPDATE webhook_deliveries AS d
   SET attempts = d.attempts + 1, next_at = clock_timestamp() + $3::interval
  FROM chosen, tasks AS t
 WHERE (d.proveedor_id, d.task_id) = (chosen.proveedor_id, chosen.task_id)
   AND (t.proveedor_id, t.task_id) = (chosen.proveedor_id, chosen.task_id)
   AND t.completed_at IS NOT NULL
   AND d.delivered_at IS NULL AND d.given_up_at IS NULL AND d.next_at <= clock_timestamp()
RETURNING d.proveedor_id, d.task_id, d.attempts, t.status, t.filename, t.options, t.result, t.error_code,
          t.completed_at, EXISTS (
              SELECT FROM dead_letters AS l WHERE l.task_id = t.task_id AND l.redriven_at < t.completed_at
          ) AS ended_again
"""

_DELIVERED = """
UPDATE webhook_deliveries SET delivered_at = clock_timestamp(), last_answer = $3
 WHERE proveedor_id = $1 AND task_id = $2
"""

_FAILED = """
UPDATE webhook_deliveries
   SET next_at = clock_timestamp() + $4::interval, last_answer = $3,
       given_up_at = CASE WHEN clock_timestamp() - $5::timestamptz > $6::interval THEN clock_timestamp() END
 WHERE proveedor_id = $1 AND task_id = $2 AND delivered_at IS NULL
RETURNING given_up_at IS NOT NULL
"""


@dataclass(frozen=True)
class Room:
    """How many can be told of now: ``most`` in all, and ``of_one`` address, those that are free: of the
    ``named`` providers these, and where ``others`` is true that of all the rest."""

    named: list[str]
    free: list[str]
    others: bool
    most: int
    of_one: int


@dataclass(frozen=True)
class Due:
    """A task that ended, to be told of now. ``attempts``: how often that was tried, this time included."""

    proveedor_id: str
    task_id: UUID
    attempts: int
    status: str
    filename: str
    options: dict[str, bool]
    summary: dict[str, Any] | None
    error_code: str | None
    completed_at: datetime
    message_id: str


async def announce(
    connection: asyncpg.Connection, providers: list[str], *, others: bool, all_day: bool
) -> None:
    """Note which tasks of these providers, or of all, ended lately, or within a day, and are to be told."""
    await connection.execute(_ANNOUNCE, providers, others, PATIENCE if all_day else _LATELY)


async def due(connection: asyncpg.Connection, room: Room, lease_seconds: float) -> list[Due]:
    """Return tasks to be told of, which nobody else will try for ``lease_seconds``."""
    lease = timedelta(seconds=lease_seconds)
    rows = await connection.fetch(_TAKE, room.named, room.others, lease, room.most, room.free, room.of_one)
    return [_due(row) for row in rows]


async def delivered(connection: asyncpg.Connection, task: Due, answer: str) -> None:
    """Note that it was taken."""
    await connection.execute(_DELIVERED, task.proveedor_id, task.task_id, answer)


async def failed(connection: asyncpg.Connection, task: Due, answer: str) -> bool:
    """Note that it was not, and when to try again; return whether it has been tried for long enough."""
    wait = min(_FIRST_WAIT_SECONDS * _WAIT_GROWS ** min(task.attempts - 1, 9), _LONGEST_WAIT_SECONDS)
    given_up = await connection.fetchval(
        _FAILED, task.proveedor_id, task.task_id, answer, timedelta(seconds=wait), task.completed_at, PATIENCE
    )
    return bool(given_up)


def _due(row: asyncpg.Record) -> Due:
    result = msgspec.json.decode(row["result"]) if row["result"] else {}
    task_id = UUID(str(row["task_id"]))
    return Due(
        proveedor_id=row["proveedor_id"],
        task_id=task_id,
        attempts=row["attempts"],
        status=row["status"],
        filename=row["filename"],
        options=msgspec.json.decode(row["options"]),
        summary=result.get("resumen"),
        error_code=row["error_code"],
        completed_at=row["completed_at"],
        # a receiver passes over what it has been told before
        message_id=f"{task_id}.{int(row['completed_at'].timestamp())}"
        if row["ended_again"]
        else str(task_id),
    )
