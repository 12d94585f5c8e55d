"""Uploads that mend rejected rows of an earlier one: which that was, and what has been brought in of it.

A row of it is mended at most once, in the transaction of the batch that brings it in.
"""

from uuid import UUID

import asyncpg
import msgspec
import structlog

from common.ledger import read_task
from common.messages import UploadMessage
from common.tasks import TaskRecord, TaskStore
from worker.database import Database
from worker.effects import Effect
from worker.progress import put_record
from worker.readers.origins import Mending
from worker.readers.sandbox import Batch

log = structlog.get_logger(__name__)

# one that was opened again may yet bring its rows in by itself
_FIND = """
SELECT columns FROM tasks
 WHERE proveedor_id = $1 AND task_id = $2 AND kind = $3 AND status <> 'processing'
"""

_RESOLVE = """
WITH mended AS (
    UPDATE task_row_errors SET resolved_by = $4
     WHERE proveedor_id = $1 AND task_id = $2 AND fila = ANY ($3::bigint[]) AND resolved_by IS NULL
    RETURNING fila
)
UPDATE tasks SET resolved = resolved + mended.count, revision = revision + 1, updated_at = clock_timestamp()
  FROM (SELECT count(*) FROM mended) AS mended
 WHERE proveedor_id = $1 AND task_id = $2 AND mended.count > 0
RETURNING mended.count
"""

# what other uploads have tried in vain to mend is mended there, too; those under way count for themselves
_RESOLVE_IN_CORRECTIONS = """
WITH mended AS (
    UPDATE task_row_errors AS e SET resolved_by = $4
      FROM tasks AS c
     WHERE c.proveedor_id = $1 AND c.parent_task_id = $2 AND c.task_id <> $4 AND c.status <> 'processing'
       AND e.proveedor_id = $1 AND e.task_id = c.task_id AND e.origin_fila = ANY ($3::bigint[])
       AND e.resolved_by IS NULL
    RETURNING e.task_id
), counted AS (
    SELECT task_id, count(*) FROM mended GROUP BY task_id
)
UPDATE tasks AS t
   SET resolved = resolved + counted.count, revision = revision + 1, updated_at = clock_timestamp()
  FROM counted
 WHERE t.proveedor_id = $1 AND t.task_id = counted.task_id
"""


async def find_mending(database: Database, upload: UploadMessage, task_id: UUID) -> Mending | None:
    """Return the task that a file names and what is known of its columns, if it is one of the same provider
    and kind."""
    async with database.connection() as connection:
        columns = await connection.fetchval(_FIND, upload.proveedor_id, task_id, upload.kind)
    if columns is None:
        log.info("mended_task_unknown")
        return None
    told = msgspec.json.decode(columns)
    return Mending(task_id, {column["column"]: column["hints"] for column in told if column.get("hints")})


async def resolve(
    connection: asyncpg.Connection, upload: UploadMessage, mends: UUID, batch: Batch, effect: Effect
) -> None:
    """Note which rejected rows of the task ``mends``, and of what should have mended them before, a batch has
    brought in, in the caller's transaction."""
    if upload.validar:
        return
    rejected = {fila for fila, _ in effect.row_errors}
    brought_in = {origin for fila, origin in batch.origins.items() if fila not in rejected}
    if not brought_in:
        return
    arguments = upload.proveedor_id, mends, sorted(brought_in), upload.task_id
    rows = await connection.fetchval(_RESOLVE, *arguments)
    await connection.execute(_RESOLVE_IN_CORRECTIONS, *arguments)
    log.info("rows_mended", mends=str(mends), rows=rows or 0)


async def publish_mended(connection: asyncpg.Connection, tasks: TaskStore, record: TaskRecord) -> None:
    """Tell pollers what has been mended of the task whose rows the upload of ``record`` mends, if it does."""
    if record.parent_task_id is None or record.options.get("validar"):
        return
    mended = await read_task(connection, record.parent_task_id)
    if mended is not None:
        await put_record(tasks, mended)
