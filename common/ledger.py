"""Reading a task from the ledger: what the API answers when Redis has forgotten, and what the worker
repairs Redis with."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from common.tasks import GROUP_LIMIT, LIST_LIMIT, FaultGroup, Progress, RowError, TaskRecord, TaskStatus

_OWN_COLUMNS = """
       task_id, kind, status, filename, proveedor_id, accepted_at, updated_at, completed_at,
       total, processed, successful, failed, result, error_code, error_params, revision,
       notices, options, size_bytes, parent_task_id, resolved, tallies"""

#: What :func:`record_from_row` needs of a row of ``tasks``.
TASK_COLUMNS = f"{_OWN_COLUMNS}, columns, facts, sample"
#: The same for whoever does not show how the file was read: that is most of a row, and stays unread.
BRIEF_TASK_COLUMNS = f"{_OWN_COLUMNS}, '[]' AS columns, '{{}}' AS facts, '[]' AS sample"

_READ_TASK = f"SELECT {TASK_COLUMNS} FROM tasks WHERE task_id = $1"

_READ_ROW_ERRORS = """
SELECT fila, faults, resolved_by
  FROM task_row_errors
 WHERE proveedor_id = $1 AND task_id = $2 AND fila > $3
 ORDER BY fila
 LIMIT $4
"""

#: That a task of ``tasks`` with a parent corrects it: a dry run corrects nothing.
CORRECTS = "coalesce(options ->> 'validar', 'false') = 'false'"

_READ_CORRECTIONS = f"""
SELECT task_id FROM tasks
 WHERE proveedor_id = $1 AND parent_task_id = $2 AND {CORRECTS}
 ORDER BY accepted_at, task_id
 LIMIT $3
"""

_READ_FAULT_GROUPS = """
SELECT code, nullif(column_name, '') AS column, row_count, first_fila
  FROM task_fault_groups
 WHERE proveedor_id = $1 AND task_id = $2
 ORDER BY row_count DESC, first_fila, code, column_name
 LIMIT $3
"""


async def read_task(connection: asyncpg.Connection, task_id: UUID) -> TaskRecord | None:
    """Return the task as last committed, with its first rejected rows and the groups of all once it is over;
    None where no worker saw it.

    Raises ``asyncpg.PostgresError`` or ``OSError`` when the ledger cannot answer.
    """
    row = await connection.fetchrow(_READ_TASK, task_id)
    if row is None:
        return None
    if TaskStatus(row["status"]).is_terminal:
        return await read_ended_task(connection, row)
    return record_from_row(row)


async def read_ended_task(connection: asyncpg.Connection, row: asyncpg.Record) -> TaskRecord:
    """Return the record of a task that is over, its row of ``tasks`` being at hand."""
    if not row["failed"]:
        return record_from_row(row)
    identity = row["proveedor_id"], row["task_id"]
    errors = await read_row_errors(connection, *identity, after=0, limit=LIST_LIMIT)
    groups = await read_fault_groups(connection, *identity)
    corrections = await connection.fetch(_READ_CORRECTIONS, *identity, LIST_LIMIT)
    return record_from_row(row, errors, groups, [_uuid(child["task_id"]) for child in corrections])


async def read_row_errors(
    connection: asyncpg.Connection, proveedor_id: str, task_id: UUID, *, after: int, limit: int
) -> list[RowError]:
    """Return up to ``limit`` rejected rows behind row ``after``, in file order."""
    rows = await connection.fetch(_READ_ROW_ERRORS, proveedor_id, task_id, after, limit)
    return [RowError(row["fila"], _json(row["faults"]), _uuid(row["resolved_by"])) for row in rows]


def turn_key(task_id: UUID) -> int:
    """Return the key of the advisory lock by which a task's batches and its cancellation take turns.

    Who asks first has it first; a row's lock alone goes to whoever happens to be quick, and a worker that has
    just committed a batch is quicker than the API that has waited for it.
    """
    return int.from_bytes(task_id.bytes[:8], signed=True)


async def read_fault_groups(
    connection: asyncpg.Connection, proveedor_id: str, task_id: UUID
) -> list[FaultGroup]:
    """Return the kinds of faults, that of the most rows first, as far as the task has come."""
    rows = await connection.fetch(_READ_FAULT_GROUPS, proveedor_id, task_id, GROUP_LIMIT)
    return [FaultGroup(*row) for row in rows]


def record_from_row(
    row: asyncpg.Record,
    row_errors: Sequence[RowError] = (),
    fault_groups: Sequence[FaultGroup] = (),
    corrections: Sequence[UUID] = (),
) -> TaskRecord:
    """Return the task record of a row of ``tasks``."""
    return TaskRecord(
        task_id=_uuid(row["task_id"]),
        kind=row["kind"],
        status=TaskStatus(row["status"]),
        filename=row["filename"],
        proveedor_id=row["proveedor_id"],
        created_at=row["accepted_at"],
        updated_at=row["updated_at"],
        completed_at=row["completed_at"],
        progress=Progress(row["total"] or 0, row["processed"], row["successful"], row["failed"]),
        result=_json(row["result"]),
        row_errors=list(row_errors),
        fault_groups=list(fault_groups),
        columns=_json(row["columns"]),
        notices=_json(row["notices"]),
        facts=_json(row["facts"]),
        sample=_json(row["sample"]),
        options=_json(row["options"]),
        size_bytes=row["size_bytes"],
        parent_task_id=_uuid(row["parent_task_id"]),
        resolved=row["resolved"],
        corrections=list(corrections),
        tallies=_json(row["tallies"]),
        error_code=row["error_code"],
        error_params=_json(row["error_params"]) or {},
        revision=row["revision"],
    )


def _json(value: str | None) -> Any:
    return None if value is None else msgspec.json.decode(value)


def _uuid(value: Any) -> Any:
    """Return asyncpg's own kind of UUID as Python's; None as it is."""
    return None if value is None else UUID(str(value))
