"""Puts right what no message will: the queue can be wiped, a worker or the API die between any two steps.

An upload in S3 that neither the ledger nor the queue accounts for is announced again. That may be one whose
sender was told 503 and which could not be taken back: to import what was not confirmed harms nobody, to lose
what was confirmed would. A task that its worker left is announced again too. To announce something once too
often is harmless; to announce everything all the time would not be.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import msgspec
import structlog

from common.failpoints import Failpoint, failpoint
from common.messages import UploadMessage
from worker.bucket import Bucket
from worker.database import Database
from worker.reports import Finding, Report
from worker.upload_queue import UploadQueue

log = structlog.get_logger(__name__)

#: Any number will do, as long as every reconciler of this database asks for the same one.
_ADVISORY_LOCK = 0x0CA26B
#: Tasks that one round removes at most: the next round goes on.
_EXPIRED_AT_ONCE = 1000

# both end when the connection goes back to the pool, or breaks
_BE_ALONE = "SELECT pg_try_advisory_lock($1)"
_LIMIT_SILENCE = "SELECT set_config('idle_session_timeout', $1, false)"

_BEGIN_ROUND = """
INSERT INTO reconciler_rounds AS r (began_at) VALUES (clock_timestamp())
ON CONFLICT (only_row) DO UPDATE SET began_at = excluded.began_at
 WHERE r.began_at <= clock_timestamp() - $1::interval
RETURNING true
"""

# of a task that an attempt holds the silence is negative: it begins with the end of the lease
_LEFT_TASKS = """
SELECT t.*, extract(epoch FROM clock_timestamp() - greatest(
           coalesce(t.lease_until, t.updated_at), a.sent_at, (
               SELECT max(w.ended_at) FROM task_attempts AS w
                WHERE w.proveedor_id = t.proveedor_id AND w.task_id = t.task_id
           )))::float8 AS quiet_seconds
  FROM tasks AS t
  LEFT JOIN announcements AS a USING (proveedor_id, task_id)
 WHERE t.status = 'processing'
 ORDER BY t.task_id
"""

_UNKNOWN_TASKS = """
SELECT asked.task_id, extract(epoch FROM clock_timestamp() - max(a.sent_at))::float8 AS announced_seconds_ago
  FROM unnest($1::uuid[]) AS asked (task_id)
  LEFT JOIN announcements AS a ON a.task_id = asked.task_id
 WHERE NOT EXISTS (SELECT FROM tasks AS t WHERE t.task_id = asked.task_id)
 GROUP BY asked.task_id
 ORDER BY asked.task_id
"""

_NOTE_ANNOUNCED = """
INSERT INTO announcements (proveedor_id, task_id, sent_at) VALUES ($1, $2, clock_timestamp())
ON CONFLICT (proveedor_id, task_id) DO UPDATE SET sent_at = excluded.sent_at
"""

_EXPIRED_TASKS = """
SELECT proveedor_id, task_id, s3_bucket, s3_key FROM tasks
 WHERE completed_at < clock_timestamp() - $1::interval
 ORDER BY completed_at
 LIMIT $2
"""

_DELETE_TASK = """
DELETE FROM tasks
 WHERE proveedor_id = $1 AND task_id = $2 AND completed_at < clock_timestamp() - $3::interval
"""

_EXPIRED_LETTERS = "SELECT message_id FROM dead_letters WHERE buried_at < clock_timestamp() - $1::interval"
_DELETE_LETTERS = "DELETE FROM dead_letters WHERE message_id = ANY ($1::text[])"
_DELETE_ANNOUNCEMENTS = "DELETE FROM announcements WHERE sent_at < clock_timestamp() - $1::interval"


@dataclass(frozen=True)
class Ages:
    """How long, in seconds, each thing is left alone.

    ``silence``: an upload or task of which nothing is heard, while the queue is empty;
    ``silence_in_a_crowd``: the same while there are messages, one of which may be its own; ``parts``: an
    upload in parts after its last one; ``reports``: what can be made again; ``retention``: what is over, 0
    for ever.
    """

    silence: float
    retention: float
    silence_in_a_crowd: float = 3600
    parts: float = 3600
    reports: float = 86_400

    def is_due(self, quiet_seconds: float, messages: int) -> bool:
        """Return whether to announce what has been quiet for so long, with so many messages on the queue."""
        return quiet_seconds >= (max(self.silence, self.silence_in_a_crowd) if messages else self.silence)


class Reconciler:
    """One round after another, each by one worker at a time. Every step can be cut off anywhere and repeated.

    Methods raise one of ``DATABASE_FAULTS``, ``StorageUnavailable`` or ``QueueUnavailable`` when a store
    fails. ``turn_seconds``: a reconciler that is silent for longer, because it was frozen, loses its turn.
    """

    def __init__(
        self,
        database: Database,
        bucket: Bucket,
        queue: UploadQueue,
        ages: Ages,
        *,
        turn_seconds: float = 300,
    ) -> None:
        self._database = database
        self._bucket = bucket
        self._queue = queue
        self._ages = ages
        self._turn_seconds = turn_seconds

    async def run_round(self, *, dry_run: bool = False, pause_seconds: float = 0) -> Report | None:
        """Put everything right once; None when another reconciler is at it, or was less than
        ``pause_seconds`` ago. A dry run changes nothing and asks for no turn."""
        async with self._database.connection() as connection:
            if not dry_run and not await self._take_turn(connection, pause_seconds):
                return None
            messages = await self._queue.depth()
            tasks = await self.announce_tasks(connection, messages, dry_run=dry_run)
            uploads = await self.announce_uploads(connection, messages, dry_run=dry_run)
            parts = await self.remove_parts(dry_run=dry_run)
            reports = await self.remove_reports(dry_run=dry_run)
            expired, letters = Finding.of([]), Finding.of([])
            if self._ages.retention:
                expired = await self.expire_tasks(connection, dry_run=dry_run)
                letters = await self.expire_letters(connection, dry_run=dry_run)
        return Report(dry_run, uploads, tasks, parts, reports, expired, letters)

    async def announce_tasks(
        self, connection: asyncpg.Connection, messages: int, *, dry_run: bool
    ) -> Finding:
        """Put tasks back on the queue whose worker left them. ``messages``: on the queue already."""
        rows = await connection.fetch(_LEFT_TASKS)
        due = [row for row in rows if self._ages.is_due(row["quiet_seconds"], messages)]
        if not dry_run:
            for row in due:
                correlation_id = row["correlation_id"] or str(row["task_id"])
                await self._announce(connection, _message_of(row), correlation_id)
        return Finding.of([row["task_id"] for row in due])

    async def announce_uploads(
        self, connection: asyncpg.Connection, messages: int, *, dry_run: bool
    ) -> Finding:
        """Put uploads back on the queue that are in S3 and that the ledger does not know."""
        announced = []
        async for page in self._bucket.uploads():
            ages = {task_id: _seconds_since(written_at) for task_id, written_at in page.items()}
            old = [task_id for task_id, age in ages.items() if self._ages.is_due(age, messages)]
            for row in await connection.fetch(_UNKNOWN_TASKS, old):
                ago = row["announced_seconds_ago"]
                if ago is not None and not self._ages.is_due(ago, messages):
                    continue
                stored = await self._bucket.describe(row["task_id"])
                if stored is None:
                    continue
                if not dry_run:
                    await self._announce(connection, stored.message, stored.correlation_id)
                announced.append(row["task_id"])
        return Finding.of(announced)

    async def remove_parts(self, *, dry_run: bool) -> Finding:
        """Remove uploads in parts that nobody goes on with."""
        removed = []
        for upload in await self._bucket.unfinished():
            if _seconds_since(upload.begun_at) < self._ages.parts:
                continue
            if _seconds_since(await self._bucket.last_part_at(upload)) < self._ages.parts:
                continue
            if not dry_run:
                await self._bucket.abort(upload)
            removed.append(upload.key)
        return Finding.of(removed)

    async def remove_reports(self, *, dry_run: bool) -> Finding:
        """Remove reports that were made a while ago, whatever became of their tasks."""
        removed = []
        age = min(self._ages.reports, self._ages.retention or self._ages.reports)
        async for page in self._bucket.reports():
            for key in (key for key, written_at in page.items() if _seconds_since(written_at) >= age):
                if not dry_run:
                    await self._bucket.remove_report(key)
                removed.append(key)
        return Finding.of(removed)

    async def expire_tasks(self, connection: asyncpg.Connection, *, dry_run: bool) -> Finding:
        """Remove tasks that have been over for long, with all that the ledger holds of them and their
        files."""
        age = timedelta(seconds=self._ages.retention)
        rows = await connection.fetch(_EXPIRED_TASKS, age, _EXPIRED_AT_ONCE)
        if not dry_run:
            for row in rows:
                # the object first: without its row it would be taken for one that was never imported
                await self._bucket.remove(row["s3_bucket"], row["s3_key"])
                failpoint(Failpoint.OBJECT_REMOVED)
                await connection.execute(_DELETE_TASK, row["proveedor_id"], row["task_id"], age)
                failpoint(Failpoint.TASK_REMOVED)
        return Finding.of([row["task_id"] for row in rows])

    async def expire_letters(self, connection: asyncpg.Connection, *, dry_run: bool) -> Finding:
        """Remove dead letters and notes of announcements that have become old."""
        age = timedelta(seconds=self._ages.retention)
        names = [row["message_id"] for row in await connection.fetch(_EXPIRED_LETTERS, age)]
        if not dry_run:
            await connection.execute(_DELETE_LETTERS, names)
            await connection.execute(_DELETE_ANNOUNCEMENTS, age)
        return Finding.of(names)

    async def _take_turn(self, connection: asyncpg.Connection, pause_seconds: float) -> bool:
        if not await connection.fetchval(_BE_ALONE, _ADVISORY_LOCK):
            return False
        await connection.execute(_LIMIT_SILENCE, str(round(self._turn_seconds * 1000)))
        return bool(await connection.fetchval(_BEGIN_ROUND, timedelta(seconds=pause_seconds)))

    async def _announce(
        self, connection: asyncpg.Connection, message: UploadMessage, correlation_id: str
    ) -> None:
        await self._queue.send(message.to_body(), correlation_id, group=message.group)
        failpoint(Failpoint.ANNOUNCEMENT_SENT)
        await connection.execute(_NOTE_ANNOUNCED, message.proveedor_id, message.task_id)
        failpoint(Failpoint.ANNOUNCEMENT_NOTED)
        log.warning("upload_announced_again", task_id=str(message.task_id), correlation_id=correlation_id)


def _message_of(row: asyncpg.Record) -> UploadMessage:
    options: dict[str, Any] = msgspec.json.decode(row["options"])
    return UploadMessage(
        task_id=row["task_id"],
        s3_bucket=row["s3_bucket"],
        s3_key=row["s3_key"],
        filename=row["filename"],
        proveedor_id=row["proveedor_id"],
        reemplazar_duplicados=options.get("reemplazar_duplicados", False),
        validar=options.get("validar", False),
        accepted_at=row["accepted_at"],
        kind=row["kind"],
        sha256=row["sha256"],
        size_bytes=row["size_bytes"],
    )


def _seconds_since(moment: datetime) -> float:
    return (datetime.now(UTC) - moment).total_seconds()
