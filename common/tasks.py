"""The task record: what a poller sees of an upload, and its place in Redis.

Redis only repeats what the ledger has committed. A record carries the ledger's ``revision``; a write with a
lower one than the stored is ignored, so progress never goes backwards, whoever writes late.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, cast
from uuid import UUID

import msgspec
from redis.asyncio import Redis

from common.messages import UploadMessage

TASK_TTL_SECONDS = 24 * 60 * 60

#: Entries of each list shown in a status; the full lists have pages of their own.
LIST_LIMIT = 100
#: Groups of faults that are shown, those of the most rows.
GROUP_LIMIT = 50


class TaskStatus(StrEnum):
    """Where a task stands. The last three are terminal."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_terminal(self) -> bool:
        return self not in (TaskStatus.PENDING, TaskStatus.PROCESSING)


class Progress(msgspec.Struct, frozen=True):
    """Rows of the file; ``processed = successful + failed``. ``total`` is 0 until the file is open."""

    total: int = 0
    processed: int = 0
    successful: int = 0
    failed: int = 0


class RowError(msgspec.Struct, frozen=True):
    """A rejected row: its number as the person sees it (the header is 1) and its faults as codes with
    parameters."""

    fila: int
    faults: list[dict[str, Any]]
    #: the upload that has brought it in since
    resolved_by: UUID | None = None


class FaultGroup(msgspec.Struct, frozen=True):
    """Rows that were rejected for the same fault: how many, and the first of them.

    ``column``: None where the fault is the whole row's.
    """

    code: str
    column: str | None
    rows: int
    first_fila: int


class TaskRecord(msgspec.Struct, frozen=True, kw_only=True):
    """All that a status answer needs, in no language yet.

    Whatever was added later has a default: Redis holds records of older versions for a day.
    ``columns``, ``notices`` and ``facts`` say how the file was understood, ``sample`` are its first rows; the
    groups come at the end.
    ``parent_task_id`` is the upload of which this one mends rejected rows; of its own, ``resolved`` have been
    brought in by the uploads in ``corrections``, oldest first.
    ``tallies``: the counters of the kind so far, by the names that they have in the result.
    """

    task_id: UUID
    kind: str
    status: TaskStatus
    filename: str
    proveedor_id: str
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None = None
    progress: Progress = Progress()
    result: dict[str, Any] | None = None
    row_errors: list[RowError] = []
    fault_groups: list[FaultGroup] = []
    columns: list[dict[str, Any]] = []
    notices: list[dict[str, Any]] = []
    facts: dict[str, Any] = {}
    sample: list[dict[str, Any]] = []
    options: dict[str, bool] = {}
    size_bytes: int | None = None
    parent_task_id: UUID | None = None
    resolved: int = 0
    corrections: list[UUID] = []
    tallies: dict[str, int] = {}
    error_code: str | None = None
    error_params: dict[str, Any] = {}
    revision: int = 0

    @classmethod
    def pending(cls, upload: UploadMessage) -> "TaskRecord":
        """Return the record of an upload that no worker has taken yet."""
        return cls(
            task_id=upload.task_id,
            kind=upload.kind,
            status=TaskStatus.PENDING,
            filename=upload.filename,
            proveedor_id=upload.proveedor_id,
            created_at=upload.accepted_at,
            updated_at=upload.accepted_at,
            options=upload.options,
            size_bytes=upload.size_bytes,
        )

    def age_seconds(self) -> float:
        """Return the seconds since the record last changed."""
        return (datetime.now(UTC) - self.updated_at).total_seconds()


_DECODER = msgspec.json.Decoder(TaskRecord)

#: KEYS[1] record; ARGV: new JSON, its revision, TTL in seconds. Returns 1 when written.
_PUT_IF_NEWER = """
local stored = redis.call('GET', KEYS[1])
if stored then
  local ok, record = pcall(cjson.decode, stored)
  if ok and type(record) == 'table' and (tonumber(record['revision']) or -1) > tonumber(ARGV[2]) then
    return 0
  end
end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[3])
return 1
"""


class TaskStore:
    """Task records in Redis, each for 24 hours after its last change.

    Every method raises ``redis.exceptions.RedisError`` when Redis cannot answer; the caller decides what
    that means.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._put_if_newer = redis.register_script(_PUT_IF_NEWER)

    async def get(self, task_id: UUID) -> TaskRecord | None:
        """Return the record, or None where there is none or it cannot be understood."""
        stored = await self._redis.get(task_key(task_id))
        return None if stored is None else decode_record(stored)

    async def get_stored(self, task_ids: Sequence[UUID]) -> list[bytes | None]:
        """Return the records as they are stored, for :func:`decode_record`; None where there is none."""
        stored = await self._redis.mget([task_key(task_id) for task_id in task_ids])
        return cast("list[bytes | None]", stored)

    async def put(self, record: TaskRecord) -> bool:
        """Write the record unless a newer revision is there; return whether it was written."""
        body = msgspec.json.encode(record)
        args: list[bytes | int] = [body, record.revision, TASK_TTL_SECONDS]
        return bool(await self._put_if_newer(keys=[task_key(record.task_id)], args=args))

    async def delete(self, task_id: UUID) -> None:
        """Forget the record (of an upload that was refused after all)."""
        await self._redis.delete(task_key(task_id))


def decode_record(stored: bytes | str) -> TaskRecord | None:
    """Return the record, or None where it cannot be understood."""
    try:
        return _DECODER.decode(stored)
    except msgspec.MsgspecError:
        return None


def task_key(task_id: UUID) -> str:
    """Return the Redis key of a task."""
    return f"bulk_upload_task:{task_id}"
