"""Reading a task from the ledger: what the API answers when Redis has forgotten, and what the worker
repairs Redis with."""

from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from common.tasks import LIST_LIMIT, Progress, RowError, TaskRecord, TaskStatus

_READ_TASK = """
SELECT task_id, kind, status, filename, proveedor_id, accepted_at, updated_at, completed_at,
       total, processed, successful, failed, result, error_code, error_params, revision
  FROM tasks
 WHERE task_id = $1
"""

_READ_ROW_ERRORS = """
SELECT fila, faults
  FROM task_row_errors
 WHERE proveedor_id = $1 AND task_id = $2 AND fila > $3
 ORDER BY fila
 LIMIT $4
"""


async def read_task(connection: asyncpg.Connection, task_id: UUID) -> TaskRecord | None:
    """Return the task as last committed, with its first rejected rows once it is over; None where no worker
    saw it.

    Raises ``asyncpg.PostgresError`` or ``OSError`` when the ledger cannot answer.
    """
    row = await connection.fetchrow(_READ_TASK, task_id)
    if row is None:
        return None
    errors: list[RowError] = []
    if TaskStatus(row["status"]).is_terminal and row["failed"]:
        errors = await read_row_errors(connection, row["proveedor_id"], task_id, after=0, limit=LIST_LIMIT)
    return record_from_row(row, errors)


async def read_row_errors(
    connection: asyncpg.Connection, proveedor_id: str, task_id: UUID, *, after: int, limit: int
) -> list[RowError]:
    """Return up to ``limit`` rejected rows behind row ``after``, in file order."""
    rows = await connection.fetch(_READ_ROW_ERRORS, proveedor_id, task_id, after, limit)
    return [RowError(fila=row["fila"], faults=_json(row["faults"])) for row in rows]


def turn_key(task_id: UUID) -> int:
    """Return the key of the advisory lock by which a task's batches and its cancellation take turns.

    Who asks first has it first; a row's lock alone goes to whoever happens to be quick, and a worker that has
    just committed a batch is quicker than the API that has waited for it.
    """
    return int.from_bytes(task_id.bytes[:8], signed=True)


def record_from_row(row: asyncpg.Record, row_errors: list[RowError]) -> TaskRecord:
    """Return the task record of a row of ``tasks``."""
    return TaskRecord(
        task_id=UUID(str(row["task_id"])),
        kind=row["kind"],
        status=TaskStatus(row["status"]),
        filename=row["filename"],
        proveedor_id=row["proveedor_id"],
        created_at=row["accepted_at"],
        updated_at=row["updated_at"],
        completed_at=row["completed_at"],
        progress=Progress(row["total"] or 0, row["processed"], row["successful"], row["failed"]),
        result=_json(row["result"]),
        row_errors=row_errors,
        error_code=row["error_code"],
        error_params=_json(row["error_params"]) or {},
        revision=row["revision"],
    )


def _json(value: str | None) -> Any:
    return None if value is None else msgspec.json.decode(value)
