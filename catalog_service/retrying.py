"""The rejected rows of an upload, sent again as an upload of its own: their cause was mended elsewhere."""

from dataclasses import dataclass
from uuid import UUID

from catalog_service.answers import options_body
from catalog_service.errors import IdempotencyKeyReused, TaskWasDryRun
from catalog_service.reports import Report, Reports, format_of
from catalog_service.uploads import Stores, UploadOrder, accept_upload, announce_again, keyed_task_id
from common.messages import UploadMessage
from common.texts import Language


class _ReportAsForm:
    """A report, read as an upload is."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._unread: list[bytes] = []

    async def find_file(self) -> str:
        """Return the name of the file."""
        return self._report.filename

    async def head(self, size: int) -> bytes:
        """Return the first ``size`` bytes, or all that there are; they are read again by `read`."""
        head = b""
        while len(head) < size and (piece := await self._report.content.read()):
            self._unread.append(piece)
            head += piece
        return head[:size]

    async def read(self) -> bytes:
        """Return the next piece; ``b""`` at the end."""
        return self._unread.pop(0) if self._unread else await self._report.content.read()


@dataclass(frozen=True)
class RetryOrder:
    """What a client asks for, checked already; ``reemplazar_duplicados`` None: as the upload was told."""

    task_id: UUID
    reemplazar_duplicados: bool | None
    validar: bool
    idempotency_key: str | None
    correlation_id: str
    language: Language


async def retry_rejected(order: RetryOrder, reports: Reports, stores: Stores) -> UploadMessage:
    """Take the rows that are still open as an upload; from then on it is one like any other.

    Raises:
        TaskNotFound, TaskNotOver, NoRejectedRows: there is nothing to be tried again.
        TaskWasDryRun: nothing of the file was loaded, so all of it is to be uploaded.
        UploadGone, ReportImpossible, ReportInPreparation: the rows are not to be had, or not yet.
        IdempotencyKeyReused: the key came with other options.
        StoreUnavailable: a store is down; what was done has been undone as far as possible.
    """
    repeated = await _repeated(order, stores)
    if repeated is not None:
        return repeated
    parent = await reports.task(order.task_id)
    options = options_body(parent)
    if options["validar"]:
        raise TaskWasDryRun()
    replacing = order.reemplazar_duplicados
    upload_order = UploadOrder(
        proveedor_id=parent.proveedor_id,
        reemplazar_duplicados=options["reemplazar_duplicados"] if replacing is None else replacing,
        validar=order.validar,
        idempotency_key=order.idempotency_key,
        correlation_id=order.correlation_id,
        retry_of=order.task_id,
    )
    format = format_of(parent)
    async with reports.open(parent, format, order.language, correlation_id=order.correlation_id) as report:
        return await accept_upload(upload_order, _ReportAsForm(report), stores)


async def _repeated(order: RetryOrder, stores: Stores) -> UploadMessage | None:
    """Return the upload that came of the first request under this key, though no row may be left by now."""
    if order.idempotency_key is None:
        return None
    parent = await stores.finder.find(order.task_id)
    task_id = keyed_task_id(parent.proveedor_id, order.idempotency_key, order.task_id)
    first = await stores.storage.find(task_id)
    if first is None:
        return None
    asked = {None, first.message.reemplazar_duplicados}
    if order.reemplazar_duplicados not in asked or order.validar != first.message.validar:
        raise IdempotencyKeyReused()
    await announce_again(first.message, order.correlation_id, stores)
    return first.message
