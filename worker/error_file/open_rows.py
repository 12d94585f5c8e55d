"""The rejected rows of a task that nobody has brought in since, for the process that reports on them."""

from typing import BinaryIO

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


async def write_open_rows(
    connection: asyncpg.Connection, record: TaskRecord, order: ErrorFileOrder, file: BinaryIO
) -> int:
    """Write the order, and behind it the rows, in file order; return how many rows there are.

    A row of a correction is named as its parent names it, if it said which it is.
    """
    is_correction = record.parent_task_id is not None
    file.write(msgspec.json.encode(order) + b"\n")
    after = count = 0
    while rows := await connection.fetch(_OPEN_ROWS, record.proveedor_id, record.task_id, after, _AT_ONCE):
        for row in rows:
            origin = row["origin_fila"] if is_correction else row["fila"]
            faults = msgspec.Raw(row["faults"].encode())
            file.write(msgspec.json.encode((row["fila"], origin, faults)) + b"\n")
        after, count = rows[-1]["fila"], count + len(rows)
    return count
