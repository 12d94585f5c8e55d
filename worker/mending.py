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

_FIND = "SELECT columns FROM tasks WHERE proveedor_id = $1 AND task_id = $2 AND kind = $3"

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
    """Note which rejected rows of the task ``mends`` a batch has brought in, in the caller's transaction."""
    if upload.validar:
        return
    rejected = {fila for fila, _ in effect.row_errors}
    brought_in = {origin for fila, origin in batch.origins.items() if fila not in rejected}
    if not brought_in:
        return
    rows = await connection.fetchval(_RESOLVE, upload.proveedor_id, mends, sorted(brought_in), upload.task_id)
    log.info("rows_mended", mends=str(mends), rows=rows or 0)


async def publish_mended(connection: asyncpg.Connection, tasks: TaskStore, record: TaskRecord) -> None:
    """Tell pollers what has been mended of the task whose rows the upload of ``record`` mends, if it does."""
    if record.parent_task_id is None or record.options.get("validar"):
        return
    mended = await read_task(connection, record.parent_task_id)
    if mended is not None:
        await put_record(tasks, mended)
