"""The one use case: take an upload."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID, uuid4, uuid5

import msgspec
import structlog

from catalog_service.errors import (
    FileEmpty,
    IdempotencyKeyReused,
    StatusUnavailable,
    StorageUnavailable,
    StoreUnavailable,
    TooManyUploads,
)
from catalog_service.parts import Source, StoredFile
from catalog_service.status import RedisDown, TaskFinder, TaskRecords
from catalog_service.storage import Storage
from catalog_service.upload_queue import UploadQueue
from catalog_service.validation import (
    CONTENT_TYPES,
    HEAD_BYTES,
    check_content,
    check_extension,
    clean_filename,
)
from common.failpoints import Failpoint, failpoint
from common.messages import UploadMessage, object_key
from common.tasks import TaskRecord, TaskStatus

log = structlog.get_logger(__name__)

#: Never to be changed: a repeated upload finds its task by it.
_KEY_NAMESPACE = UUID("5b7d2c8e-94a3-4c1f-8f0e-3a6f1d2b7c90")


@dataclass(frozen=True)
class UploadOrder:
    """What a client asks for beside the file, checked already. ``retry_of``: the upload whose rejected rows
    the file holds, where it comes from there and not from the client."""

    proveedor_id: str
    reemplazar_duplicados: bool
    validar: bool
    idempotency_key: str | None
    correlation_id: str
    retry_of: UUID | None = None


@dataclass(frozen=True)
class Stores:
    """Where an upload goes."""

    storage: Storage
    records: TaskRecords
    queue: UploadQueue
    finder: TaskFinder


class UploadsUnderWay:
    """The uploads that this process is taking: the clients that they use are closed after their end."""

    def __init__(self, *, limit: int) -> None:
        self._limit = limit
        self._tasks: set[asyncio.Task[Any]] = set()

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Count the current task among them.

        Raises:
            TooManyUploads: there are as many as may be; each holds a part of its file in memory.
        """
        if len(self._tasks) >= self._limit:
            raise TooManyUploads()
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            yield
        finally:
            self._tasks.discard(task)

    async def ended(self, *, within_seconds: float) -> None:
        """Wait for them: the server has told them to stop, and they are taking back what they did."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=within_seconds)


class Form(Source, Protocol):
    """What a file comes in: its name, then its bytes."""

    async def find_file(self) -> str:
        """Return the name of the file."""
        ...

    async def head(self, size: int) -> bytes:
        """Return the first ``size`` bytes, or all that there are; `read` returns them again."""
        ...


async def accept_upload(order: UploadOrder, form: Form, stores: Stores) -> UploadMessage:
    """Take the file in ``form``: once this returns, it is in S3 and announced on the queue.

    Raises:
        UploadRefused: the file cannot be taken.
        IdempotencyKeyReused: the key belongs to another upload.
        StoreUnavailable: S3 or SQS is down; what was done has been undone as far as possible.
    """
    filename = await _check_file(form)
    upload = _describe(order, filename, stores.storage.bucket)
    failpoint(Failpoint.UPLOAD_CHECKED)
    async with _undone_on_failure(upload, order, stores):
        stored = await _store(upload, form, order, stores)
        failpoint(Failpoint.UPLOAD_STORED)
        if stored.created:
            upload = _complete(upload, stored)
            await _record(upload, stores)
            await _announce(upload, order.correlation_id, stores)
        else:
            upload = await _repeat(upload, stored, order, stores)
    log.info(
        "upload_accepted",
        task_id=str(upload.task_id),
        size_bytes=upload.size_bytes,
        repeated=not stored.created,
    )
    return upload


async def _check_file(form: Form) -> str:
    """Look at the name and the first bytes, before anything is stored; return the name to show."""
    filename = clean_filename(await form.find_file())
    extension = check_extension(filename)
    head = await form.head(HEAD_BYTES)
    if not head:
        raise FileEmpty()
    check_content(extension, head)
    return filename


def _describe(order: UploadOrder, filename: str, bucket: str) -> UploadMessage:
    """Return the upload as it is known before its last byte.

    It is stamped here, while the file begins to arrive: of two uploads that do not overlap, the later has the
    later stamp.
    """
    key = order.idempotency_key
    task_id = uuid4() if key is None else keyed_task_id(order.proveedor_id, key, order.retry_of)
    return UploadMessage(
        task_id=task_id,
        s3_bucket=bucket,
        s3_key=object_key(task_id),
        filename=filename,
        proveedor_id=order.proveedor_id,
        reemplazar_duplicados=order.reemplazar_duplicados,
        validar=order.validar,
        accepted_at=datetime.now(UTC),
    )


def keyed_task_id(proveedor_id: str, key: str, retry_of: UUID | None = None) -> UUID:
    """Return the task of an upload under an idempotency key, or of a retry of another upload under one."""
    # a key holds no space: the names of both kinds are never the same
    retried = "" if retry_of is None else f" {retry_of}"
    return uuid5(_KEY_NAMESPACE, f"{proveedor_id}\n{key}{retried}")


async def _store(upload: UploadMessage, form: Form, order: UploadOrder, stores: Stores) -> StoredFile:
    return await stores.storage.put(
        upload,
        form,
        content_type=CONTENT_TYPES[check_extension(upload.filename)],
        correlation_id=order.correlation_id,
        only_new=order.idempotency_key is not None,
    )


def _complete(upload: UploadMessage, stored: StoredFile) -> UploadMessage:
    return msgspec.structs.replace(upload, sha256=stored.sha256, size_bytes=stored.content.size_bytes)


async def _record(upload: UploadMessage, stores: Stores) -> None:
    try:
        await stores.records.put(TaskRecord.pending(upload))
    except RedisDown:
        # a status question is answered from the object in S3, and then from the ledger
        log.warning("task_record_not_written", task_id=str(upload.task_id))
    failpoint(Failpoint.PENDING_RECORDED)


async def _announce(upload: UploadMessage, correlation_id: str, stores: Stores) -> None:
    await stores.queue.send(upload, correlation_id=correlation_id)
    failpoint(Failpoint.UPLOAD_ANNOUNCED)


async def _repeat(
    upload: UploadMessage, stored: StoredFile, order: UploadOrder, stores: Stores
) -> UploadMessage:
    """Return the first upload that came under this key, announced again unless a worker has it already.

    The first may have failed between S3 and SQS, or Redis and SQS may have been wiped since; a message too
    many is harmless.
    """
    first = await stores.storage.find(upload.task_id)
    if first is None:
        # the other upload of this key is still on its way, or just went
        raise StorageUnavailable()
    if first.content != stored.content or first.message.options != upload.options:
        raise IdempotencyKeyReused()
    upload = _complete(first.message, stored)
    await announce_again(upload, order.correlation_id, stores)
    return upload


async def announce_again(upload: UploadMessage, correlation_id: str, stores: Stores) -> None:
    """Announce an upload that is there unless a worker has it already. Raises ``QueueUnavailable``."""
    known: TaskRecord | None = None
    with suppress(StatusUnavailable):
        known = await stores.finder.find(upload.task_id)
        if known.status is TaskStatus.PENDING:
            await _record(upload, stores)
    if known is None or known.status is TaskStatus.PENDING:
        await _announce(upload, correlation_id, stores)


@asynccontextmanager
async def _undone_on_failure(
    upload: UploadMessage, order: UploadOrder, stores: Stores
) -> AsyncIterator[None]:
    """Take back what was done when the rest cannot be done.

    Never under an idempotency key: another request with the same key may have been told 202 already, and a
    retry finds the object and goes on from there.
    """
    try:
        yield
    except (StoreUnavailable, asyncio.CancelledError):
        if order.idempotency_key is None:
            await asyncio.gather(_forget(upload, stores), _remove(upload, stores))
        raise


async def _forget(upload: UploadMessage, stores: Stores) -> None:
    with suppress(RedisDown):
        await stores.records.delete(upload.task_id)


async def _remove(upload: UploadMessage, stores: Stores) -> None:
    with suppress(StorageUnavailable):
        await stores.storage.delete(upload.task_id)
