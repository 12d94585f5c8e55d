"""The rejected rows of a task that nobody has brought in since, for the process that reports on them."""

from typing import BinaryIO
from uuid import UUID

import asyncpg
import msgspec

from common.tasks import TaskRecord
from worker.error_file.order import ErrorFileOrder

_AT_ONCE = 2000

_OPEN_ROWS = """
SELECT fila, origin_fila, faults FROM task_row_errors
 WHERE proveedor_id = $1 AND task_id = $2 AND fila > $3 AND resolved_by IS NULL
 ORDER BY fila
 LIMIT $4
"""

_IS_KNOWN = "SELECT EXISTS (SELECT FROM tasks WHERE proveedor_id = $1 AND task_id = $2)"


async def told_by(connection: asyncpg.Connection, record: TaskRecord) -> UUID:
    """Return the task by whose rows a task's rejected rows are named: that whose rows it mends, or itself
    where there is none, or none any more."""
    parent = record.parent_task_id
    if parent is not None and await connection.fetchval(_IS_KNOWN, record.proveedor_id, parent):
        return parent
    return record.task_id


async def write_open_rows(
    connection: asyncpg.Connection, record: TaskRecord, order: ErrorFileOrder, file: BinaryIO
) -> int:
    """Write the order, and behind it the rows, in file order; return how many rows there are.

    A row of a correction is named as the task of the order names it, if it said which it is.
    """
    is_correction = order.task_id != str(record.task_id)
    file.write(msgspec.json.encode(order) + b"\n")
    after = count = 0
    while rows := await connection.fetch(_OPEN_ROWS, record.proveedor_id, record.task_id, after, _AT_ONCE):
        for row in rows:
            origin = row["origin_fila"] if is_correction else row["fila"]
            faults = msgspec.Raw(row["faults"].encode())
            file.write(msgspec.json.encode((row["fila"], origin, faults)) + b"\n")
        after, count = rows[-1]["fila"], count + len(rows)
    return count
