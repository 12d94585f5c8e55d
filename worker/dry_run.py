"""A dry run in the ledger: what its attempts have counted is news, and worth nothing to the next attempt.

What the rows would have done is gone with the connection that tried them (see ``Processor.rehearse``), so an
attempt cannot go on where another stopped: it begins again.
"""

import asyncpg

from common.messages import UploadMessage

_FORGET = (
    "DELETE FROM task_row_errors WHERE proveedor_id = $1 AND task_id = $2",
    "DELETE FROM task_fault_groups WHERE proveedor_id = $1 AND task_id = $2",
    "DELETE FROM task_batches WHERE proveedor_id = $1 AND task_id = $2",
)

_BEGIN_AGAIN = """
UPDATE tasks SET cursor = 0, processed = 0, successful = 0, failed = 0, resolved = 0, tallies = '{}'
 WHERE proveedor_id = $1 AND task_id = $2
RETURNING *, extract(epoch FROM clock_timestamp() - created_at)::float8 AS age_seconds
"""


async def begin_again(connection: asyncpg.Connection, upload: UploadMessage) -> asyncpg.Record:
    """Clear what earlier attempts counted, in the transaction that claims the task; return the task's row."""
    identity = upload.proveedor_id, upload.task_id
    for statement in _FORGET:
        await connection.execute(statement, *identity)
    return await connection.fetchrow(_BEGIN_AGAIN, *identity)
