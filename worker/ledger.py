"""The ledger's writing side: who may work on a task, how far it is, how it ended.

A task is claimed for a lease measured by the database's clock. Every claim raises the task's epoch;
whatever an attempt writes is valid only while the epoch is still its own (a fencing token, after Kleppmann,
"Designing Data-Intensive Applications", chapter 8), so an attempt that was frozen and passed over can do no
harm when it wakes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from common.failpoints import Failpoint, failpoint
from common.ledger import read_ended_task, record_from_row, turn_key
from common.messages import UploadMessage
from common.tasks import LIST_LIMIT, TaskRecord, TaskStatus
from common.version import VERSION
from worker.dry_run import begin_again
from worker.effects import Effect
from worker.fault_groups import count_faults
from worker.reading import Reading, cut_params


class Fenced(Exception):
    """The task belongs to a later attempt, or is over: nothing of this attempt may be written any more."""


@dataclass(frozen=True)
class Claim:
    """The right to work on a task, from ``cursor`` on, with what its kind has counted so far.
    ``age_seconds`` is the time since its first attempt began."""

    upload: UploadMessage
    epoch: int
    cursor: int
    tallies: dict[str, int]
    age_seconds: float
    record: TaskRecord


@dataclass(frozen=True)
class Held:
    """A live attempt has the task; its lease ends in ``seconds`` unless it is renewed."""

    seconds: float


@dataclass(frozen=True)
class Over:
    """The task has ended."""

    record: TaskRecord


#: A row that stays locked for longer than this is one that a live attempt is writing a batch for.
_LIMIT_WAIT = "SET LOCAL lock_timeout = '1s'"

_CLAIM = """
INSERT INTO tasks AS t (proveedor_id, task_id, kind, filename, s3_bucket, s3_key, sha256, size_bytes, options,
                        correlation_id, accepted_at, status, lease_owner, lease_until)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'processing', $12, clock_timestamp() + $13)
ON CONFLICT (proveedor_id, task_id) DO UPDATE
   SET epoch = t.epoch + 1, revision = t.revision + 1, updated_at = clock_timestamp(),
       lease_owner = excluded.lease_owner, lease_until = clock_timestamp() + $13
 WHERE t.status = 'processing'
   AND (t.lease_until IS NULL OR t.lease_until <= clock_timestamp() OR t.lease_owner = excluded.lease_owner)
RETURNING *, extract(epoch FROM clock_timestamp() - t.created_at)::float8 AS age_seconds
"""

_END_LOST_ATTEMPTS = """
UPDATE task_attempts SET outcome = 'lost', ended_at = clock_timestamp()
 WHERE proveedor_id = $1 AND task_id = $2 AND epoch < $3 AND outcome IS NULL
"""

# an attempt begins when its lease does: a claim that waited for somebody's lock has a part of it behind it
_START_ATTEMPT = """
INSERT INTO task_attempts (proveedor_id, task_id, epoch, worker, start_cursor, started_at, version)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""

_STANDING = """
SELECT *, extract(epoch FROM lease_until - clock_timestamp())::float8 AS lease_seconds
  FROM tasks WHERE proveedor_id = $1 AND task_id = $2
"""

_RENEW = """
UPDATE tasks SET lease_until = clock_timestamp() + $4
 WHERE proveedor_id = $1 AND task_id = $2 AND epoch = $3 AND status = 'processing'
RETURNING true
"""

# the turn before the row: a cancellation that waits for the batch before this one comes in between
_HOLD = """
SELECT t.cursor FROM tasks AS t, pg_advisory_xact_lock_shared($4)
 WHERE proveedor_id = $1 AND task_id = $2 AND epoch = $3 AND status = 'processing'
   FOR UPDATE OF t
"""

_OPEN = """
UPDATE tasks
   SET total = $4, sha256 = $5, columns = $6, notices = $7, facts = $8, sample = $9, parent_task_id = $10,
       revision = revision + 1, updated_at = clock_timestamp()
 WHERE proveedor_id = $1 AND task_id = $2 AND epoch = $3 AND status = 'processing'
RETURNING *
"""

_ADVANCE = """
UPDATE tasks
   SET cursor = $4, processed = processed + $5 + $6, successful = successful + $5, failed = failed + $6,
       tallies = $7, revision = revision + 1, updated_at = clock_timestamp(),
       lease_until = clock_timestamp() + $8
 WHERE proveedor_id = $1 AND task_id = $2 AND epoch = $3 AND status = 'processing'
RETURNING *
"""

_RECORD_BATCH = """
INSERT INTO task_batches (proveedor_id, task_id, cursor, epoch, successful, failed, outputs)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""

_END = """
UPDATE tasks
   SET status = $4, result = $5, error_code = $6, error_params = $7, lease_owner = NULL, lease_until = NULL,
       revision = revision + 1, updated_at = clock_timestamp(), completed_at = clock_timestamp()
 WHERE proveedor_id = $1 AND task_id = $2 AND epoch = $3 AND status = 'processing'
RETURNING *
"""

_RELEASE = """
UPDATE tasks SET lease_owner = NULL, lease_until = NULL
 WHERE proveedor_id = $1 AND task_id = $2 AND epoch = $3 AND status = 'processing'
RETURNING true
"""

_END_ATTEMPT = """
UPDATE task_attempts SET outcome = $4, ended_at = clock_timestamp()
 WHERE proveedor_id = $1 AND task_id = $2 AND epoch = $3
"""

_EARLIER_CRASHES = """
SELECT count(*) FROM task_attempts
 WHERE proveedor_id = $1 AND task_id = $2 AND epoch < $3 AND outcome = 'crashed'
"""

# a session in the middle of a transaction that waits for a client of which nothing has come for so long
_END_DESERTED_SESSIONS = """
SELECT count(*) FILTER (WHERE pg_terminate_backend(pid))
  FROM pg_stat_activity
 WHERE datname = current_database() AND application_name = current_setting('application_name')
   AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
   AND wait_event_type = 'Client' AND state_change < clock_timestamp() - $1::interval
"""

# of a million outputs only those are unpacked that may be among the first
_FIRST_OUTPUTS = """
SELECT output
  FROM (SELECT cursor, outputs[:$3] AS outputs
          FROM task_batches
         WHERE proveedor_id = $1 AND task_id = $2 AND outputs <> '{}'
         ORDER BY cursor
         LIMIT $3) AS b,
       unnest(b.outputs) WITH ORDINALITY AS o (output, place)
 ORDER BY b.cursor, o.place
 LIMIT $3
"""


async def claim(
    connection: asyncpg.Connection,
    upload: UploadMessage,
    *,
    owner: str,
    lease_seconds: float,
    correlation_id: str,
) -> Claim | Held | Over:
    """Take the task unless it is over or a live attempt has it; a new task enters the ledger here. A dry run
    begins again with each claim.

    ``owner`` names one delivery of the message: what it held before a store failed it may claim again at
    once.
    """
    try:
        return await _claim(connection, upload, owner, lease_seconds, correlation_id)
    except asyncpg.LockNotAvailableError:
        # a batch is being written, or the worker froze in the middle of one: then the lock is free in a
        # lease at the latest. Each time of asking counts towards the dead letters
        return Held(lease_seconds / 3)


async def _claim(
    connection: asyncpg.Connection,
    upload: UploadMessage,
    owner: str,
    lease_seconds: float,
    correlation_id: str,
) -> Claim | Held | Over:
    async with connection.transaction():
        await connection.execute(_LIMIT_WAIT)
        row = await connection.fetchrow(
            _CLAIM, upload.proveedor_id, upload.task_id, upload.kind, upload.filename, upload.s3_bucket,
            upload.s3_key, upload.sha256, upload.size_bytes, _json(upload.options), correlation_id,
            upload.accepted_at, owner, timedelta(seconds=lease_seconds),
        )  # fmt: skip
        if row is None:
            return await _standing(connection, upload)
        if upload.validar and row["cursor"]:
            row = await begin_again(connection, upload)
        await connection.execute(_END_LOST_ATTEMPTS, upload.proveedor_id, upload.task_id, row["epoch"])
        began_at = row["lease_until"] - timedelta(seconds=lease_seconds)
        begun = row["epoch"], owner, row["cursor"], began_at, VERSION
        await connection.execute(_START_ATTEMPT, upload.proveedor_id, upload.task_id, *begun)
        tallies = msgspec.json.decode(row["tallies"], type=dict[str, int])
        failpoint(Failpoint.CLAIM_WRITTEN)
        return Claim(upload, row["epoch"], row["cursor"], tallies, row["age_seconds"], record_from_row(row))


async def _standing(connection: asyncpg.Connection, upload: UploadMessage) -> Held | Over:
    row = await connection.fetchrow(_STANDING, upload.proveedor_id, upload.task_id)
    if TaskStatus(row["status"]).is_terminal:
        return Over(await read_ended_task(connection, row))
    return Held(max(0.0, row["lease_seconds"] or 0.0))


async def renew(connection: asyncpg.Connection, claim: Claim, lease_seconds: float) -> None:
    """Prolong the lease.

    Raises:
        Fenced: it is no longer this attempt's.
    """
    if not await connection.fetchval(_RENEW, *_identity(claim), timedelta(seconds=lease_seconds)):
        raise Fenced


async def open_task(
    connection: asyncpg.Connection,
    claim: Claim,
    total: int,
    sha256: str,
    reading: Reading,
    parent_task_id: UUID | None = None,
) -> TaskRecord:
    """Record how many rows the file has, which file it was, how it was understood, and the task whose
    rejected rows it mends.

    Raises:
        Fenced: the task is no longer this attempt's.
    """
    told = [_json(part) for part in (reading.columns, reading.notices, reading.facts, reading.sample)]
    row = await connection.fetchrow(_OPEN, *_identity(claim), total, sha256, *told, parent_task_id)
    return record_from_row(_own(row))


async def hold(connection: asyncpg.Connection, claim: Claim, cursor: int) -> None:
    """Lock the task for this transaction: until it ends, no other attempt can claim it.

    Raises:
        Fenced: the task is no longer this attempt's, or somebody else moved its cursor.
    """
    if await connection.fetchval(_HOLD, *_identity(claim), turn_key(claim.upload.task_id)) != cursor:
        raise Fenced


async def advance(
    connection: asyncpg.Connection,
    claim: Claim,
    cursor: int,
    effect: Effect,
    tallies: dict[str, int],
    lease_seconds: float,
    origins: Mapping[int, int] | None = None,
) -> TaskRecord:
    """Add one batch to the task: errors, counters, ``tallies`` (the sums so far) and cursor, in the
    caller's transaction. ``origins``: by row, that of an earlier file which it mends.

    Raises:
        Fenced: the task is no longer this attempt's.
    """
    identity = _identity(claim)
    row = _own(
        await connection.fetchrow(
            _ADVANCE,
            *identity,
            cursor,
            effect.successful,
            effect.failed,
            _json(tallies),
            timedelta(seconds=lease_seconds),
        )
    )
    proveedor_id, task_id, epoch = identity
    await connection.execute(
        _RECORD_BATCH, proveedor_id, task_id, cursor, epoch, effect.successful, effect.failed, effect.outputs
    )
    if effect.row_errors:
        await connection.copy_records_to_table(
            "task_row_errors",
            columns=["proveedor_id", "task_id", "fila", "faults", "origin_fila"],
            records=[
                (proveedor_id, task_id, fila, _json(faults), (origins or {}).get(fila))
                for fila, faults in effect.row_errors
            ],
        )
        await count_faults(connection, claim.upload, effect.row_errors)
    return record_from_row(row)


async def complete(connection: asyncpg.Connection, claim: Claim, result: dict[str, Any]) -> TaskRecord:
    """End the task well.

    Raises:
        Fenced: the task is no longer this attempt's.
    """
    return await _end(connection, claim, TaskStatus.COMPLETED, result, None, {})


async def fail(connection: asyncpg.Connection, claim: Claim, code: str, params: dict[str, Any]) -> TaskRecord:
    """End the task as failed; what was committed stays, and is counted.

    Raises:
        Fenced: the task is no longer this attempt's.
    """
    return await _end(connection, claim, TaskStatus.FAILED, None, code, params)


async def release(connection: asyncpg.Connection, claim: Claim, outcome: str) -> None:
    """Give the task back, to be claimed at once. ``outcome`` is "released", "retry" or "crashed". Does
    nothing when it is not ours."""
    async with connection.transaction():
        if await connection.fetchval(_RELEASE, *_identity(claim)):
            await connection.execute(_END_ATTEMPT, *_identity(claim), outcome)


async def end_deserted_sessions(connection: asyncpg.Connection, silent_seconds: float) -> int:
    """End the sessions of workers that fell silent for so long in mid-transaction, frozen or cut off; return
    how many there were.

    They hold the locks of a task and of a provider, for as long as the worker is away: nobody could take the
    task over, and no upload of that provider could get on. The server's own limit for idle transactions does
    not reach one that stands in a COPY.
    """
    return int(await connection.fetchval(_END_DESERTED_SESSIONS, timedelta(seconds=silent_seconds)))


async def earlier_crashes(connection: asyncpg.Connection, claim: Claim) -> int:
    """Return how many attempts before this one crashed."""
    return int(await connection.fetchval(_EARLIER_CRASHES, *_identity(claim)))


async def first_outputs(connection: asyncpg.Connection, claim: Claim) -> list[str]:
    """Return the first things that the task brought into being, in file order."""
    upload = claim.upload
    rows = await connection.fetch(_FIRST_OUTPUTS, upload.proveedor_id, upload.task_id, LIST_LIMIT)
    return [row["output"] for row in rows]


async def _end(
    connection: asyncpg.Connection,
    claim: Claim,
    status: TaskStatus,
    result: dict[str, Any] | None,
    code: str | None,
    params: dict[str, Any],
) -> TaskRecord:
    async with connection.transaction():
        encoded = None if result is None else _json(result)
        row = _own(
            await connection.fetchrow(
                _END, *_identity(claim), status.value, encoded, code, _json(cut_params(params))
            )
        )
        await connection.execute(_END_ATTEMPT, *_identity(claim), status.value)
        record = await read_ended_task(connection, row)
        failpoint(Failpoint.END_WRITTEN)
    failpoint(Failpoint.END_COMMITTED)
    return record


def _json(value: Any) -> str:
    """Return the value for a column of JSON; NUL, which PostgreSQL takes for no text, shows as what cannot be
    shown."""
    return msgspec.json.encode(value).decode().replace("\\u0000", "\\ufffd")


def _identity(claim: Claim) -> tuple[str, Any, int]:
    return claim.upload.proveedor_id, claim.upload.task_id, claim.epoch


def _own(row: asyncpg.Record | None) -> asyncpg.Record:
    if row is None:
        raise Fenced
    return row
