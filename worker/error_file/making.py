"""Handling the order of an error file: it is made from the upload and the ledger, and put where the API looks
for it.

It is no attempt at the task, and changes nothing of it. An order that is lost harms nobody: whoever wants the
file orders it again. Of one that cannot be carried out, whoever tries, an object beside the file's place
tells why, as a code.
"""

import tempfile
from collections.abc import AsyncIterator
from contextlib import aclosing
from uuid import UUID

import structlog

from common.failpoints import Failpoint, failpoint
from common.ledger import read_task
from common.messages import (
    ReportOrder,
    UploadMessage,
    report_crashed_key,
    report_failed_key,
    report_prefix,
)
from common.tasks import TaskRecord
from worker.database import DATABASE_FAULTS
from worker.error_file.open_rows import told_by, write_open_rows
from worker.error_file.order import ErrorFileOrder
from worker.error_file.process import error_file_of
from worker.outcomes import Done, Outcome, Retry
from worker.readers.sandbox import ReaderCrashed
from worker.readers.table import FileRefused
from worker.storage import StorageUnavailable, UploadMissing
from worker.workshop import Workshop

log = structlog.get_logger(__name__)

_CONTENT_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


async def make_error_file(shop: Workshop, upload: UploadMessage, order: ReportOrder) -> Outcome:
    """Carry out an order. Never raises for what an upload or a store can do to it."""
    try:
        outcome = await _make_once(shop, upload, order)
    except DATABASE_FAULTS as error:
        return _store_fault("postgresql", error)
    except StorageUnavailable as error:
        return _store_fault("s3", error)
    shop.metrics.error_files.labels(outcome).inc()
    log.info("error_file_ordered", outcome=outcome, format=order.format)
    return Done()


async def _make_once(shop: Workshop, upload: UploadMessage, order: ReportOrder) -> str:
    """Return what became of the order, as a word; note it where nobody need try again."""
    if not order.key.startswith(report_prefix(upload.task_id)):
        # nothing but reports on this task may be written over
        return "key_refused"
    if await shop.storage.exists(upload.s3_bucket, order.key):
        return "made_before"
    if await shop.storage.exists(upload.s3_bucket, report_failed_key(order.key)):
        return "failed_before"
    try:
        return await _make(shop, upload, order)
    except UploadMissing:
        code = "upload_missing"
    except FileRefused as refusal:
        code = refusal.code
    except ReaderCrashed:
        code = "reader_crashed"
        if not await shop.storage.exists(upload.s3_bucket, report_crashed_key(order.key)):
            # somebody may have killed it: whoever orders the file again may have more luck
            await _note(shop, upload, report_crashed_key(order.key), code)
            return code
    await _note(shop, upload, report_failed_key(order.key), code)
    return code


async def _make(shop: Workshop, upload: UploadMessage, order: ReportOrder) -> str:
    """Make the file. Return what became of it, as a word.

    Raises:
        UploadMissing, FileRefused, ReaderCrashed: it cannot be made.
    """
    with tempfile.TemporaryFile() as rows:
        async with shop.database.connection() as connection:
            record = await read_task(connection, upload.task_id)
            if record is None or not record.status.is_terminal:
                return "task_not_over"
            wanted = _order_of(shop, upload, order, record, await told_by(connection, record))
            if not await write_open_rows(connection, record, wanted, rows):
                return "no_open_rows"
        rows.flush()
        async with shop.storage.fetch(upload.s3_bucket, upload.s3_key) as fetched:
            pieces = error_file_of(fetched.file, rows, shop.stall_seconds)
            async with aclosing(pieces):
                await shop.storage.put(upload.s3_bucket, order.key, pieces, _CONTENT_TYPES[order.format])
    failpoint(Failpoint.ERROR_FILE_STORED)
    return "made"


async def _note(shop: Workshop, upload: UploadMessage, key: str, code: str) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield code.encode()

    await shop.storage.put(upload.s3_bucket, key, pieces(), "text/plain")


def _order_of(
    shop: Workshop, upload: UploadMessage, order: ReportOrder, record: TaskRecord, teller: UUID
) -> ErrorFileOrder:
    return ErrorFileOrder(
        source="xlsx" if upload.filename.lower().endswith(".xlsx") else "csv",
        format=order.format,
        language=order.language,
        task_id=str(teller),
        columns=record.columns,
        memory_bytes=shop.reader_limits.memory_bytes,
        cpu_seconds=shop.reader_limits.cpu_seconds,
    )


def _store_fault(store: str, error: BaseException) -> Retry:
    log.warning("store_failed", store=store, error=type(error).__name__)
    return Retry("store_fault")
