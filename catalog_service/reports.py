"""The rejected rows of an upload as a file to mend: fetched if it is there, ordered from a worker if not."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final, Literal
from uuid import UUID

import msgspec
import structlog

from catalog_service.database import Database
from catalog_service.errors import (
    NoRejectedRows,
    ReportImpossible,
    ReportInPreparation,
    TaskNotOver,
    UploadGone,
)
from catalog_service.status import TaskFinder
from catalog_service.storage import Storage, StoredFileStream
from catalog_service.upload_queue import UploadQueue
from common.ledger import read_task
from common.messages import ReportOrder, UploadMessage, report_failed_key, report_key
from common.tasks import TaskRecord
from common.texts import Language

log = structlog.get_logger(__name__)

ReportFormat = Literal["xlsx", "csv"]

#: How the name of a report ends, once or more where one was uploaded as it was.
_REPORT_ENDING: Final = re.compile(r"( - errores)+$")
#: How often to look whether a worker has put it there.
_LOOK_EVERY_SECONDS: Final = 0.15
#: An order is not repeated before; a worker that is busy has it still.
_ORDER_AGAIN_SECONDS: Final = 30.0


@dataclass(frozen=True)
class Report:
    """A report that is there: its name for a person, and what is in it."""

    task: TaskRecord
    filename: str
    content: StoredFileStream


def format_of(task: TaskRecord) -> ReportFormat:
    """Return the format of the file that the task was."""
    return "xlsx" if task.filename.lower().endswith(".xlsx") else "csv"


def report_name(filename: str, format: ReportFormat) -> str:
    """Return the name of the report on a file; that of a report which was uploaded again stays the same."""
    return f"{_REPORT_ENDING.sub('', PurePosixPath(filename).stem)} - errores.{format}"


class Reports:
    """Reports on rejected rows. One wait for each of them, however many ask."""

    def __init__(
        self,
        storage: Storage,
        queue: UploadQueue,
        database: Database,
        finder: TaskFinder,
        *,
        wait_seconds: float,
    ) -> None:
        self._storage = storage
        self._queue = queue
        self._database = database
        self._finder = finder
        self._wait_seconds = wait_seconds
        self._ordered: dict[str, float] = {}
        self._preparing: dict[str, asyncio.Task[bool]] = {}
        self._stopped = False

    async def task(self, task_id: UUID) -> TaskRecord:
        """Return an upload with rejected rows, as the ledger has it: the report is of that revision.

        Raises:
            TaskNotFound, TaskNotOver, NoRejectedRows: there is nothing to report on.
            DatabaseUnavailable, StatusUnavailable: whoever would know does not answer.
        """
        async with self._database.connection() as connection:
            record = await read_task(connection, task_id)
        if record is None:
            # the ledger does not know those that wait for a worker
            record = await self._finder.find(task_id)
        if not record.status.is_terminal:
            raise TaskNotOver(status_of_task=record.status.value)
        if record.progress.failed <= record.resolved:
            raise NoRejectedRows()
        return record

    @asynccontextmanager
    async def open(
        self, task: TaskRecord, format: ReportFormat, language: Language, *, correlation_id: str
    ) -> AsyncIterator[Report]:
        """Hand out the report on a task while the context lasts.

        Raises:
            UploadGone: the file that the rows were in is no longer there.
            ReportImpossible: a worker has found that it cannot be made.
            ReportInPreparation: no worker has made it in time.
            StoreUnavailable: S3 or SQS is down.
        """
        order = ReportOrder(
            key=report_key(task.task_id, task.revision, language, format), format=format, language=language
        )
        name = report_name(task.filename, format)
        async with self._storage.open(order.key) as content:
            if content is not None:
                yield Report(task, name, content)
                return
        await self._prepare(task, order, correlation_id)
        async with self._storage.open(order.key) as content:
            if content is None:
                raise ReportInPreparation()
            yield Report(task, name, content)

    def stop(self) -> None:
        """Let nobody wait any longer: the service ends."""
        self._stopped = True
        for preparing in self._preparing.values():
            preparing.cancel()

    async def _prepare(self, task: TaskRecord, order: ReportOrder, correlation_id: str) -> None:
        """Return once the report is there, or is not in time. One who goes takes nothing from the others."""
        preparing = self._preparing.get(order.key)
        if preparing is None:
            if self._stopped:
                raise ReportInPreparation()
            preparing = asyncio.create_task(self._order_and_wait(task, order, correlation_id))
            self._preparing[order.key] = preparing
            preparing.add_done_callback(lambda done: self._forget(order.key, done))
        await asyncio.wait((preparing,))
        if preparing.cancelled() or not preparing.result():
            raise ReportInPreparation()

    def _forget(self, key: str, preparing: asyncio.Task[bool]) -> None:
        del self._preparing[key]
        if not preparing.cancelled():
            # where nobody waits any more, nobody will look at it
            preparing.exception()

    async def _order_and_wait(self, task: TaskRecord, order: ReportOrder, correlation_id: str) -> bool:
        loop = asyncio.get_running_loop()
        give_up = loop.time() + self._wait_seconds
        await self._raise_if_impossible(order)
        await self._send_once(task, order, correlation_id)
        while loop.time() < give_up:
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
            if await self._storage.holds(order.key):
                return True
            await self._raise_if_impossible(order)
        log.info("report_not_ready", task_id=str(task.task_id), key=order.key)
        return False

    async def _raise_if_impossible(self, order: ReportOrder) -> None:
        if await self._storage.holds(report_failed_key(order.key)):
            raise ReportImpossible()

    async def _send_once(self, task: TaskRecord, order: ReportOrder, correlation_id: str) -> None:
        now = asyncio.get_running_loop().time()
        self._ordered = {key: at for key, at in self._ordered.items() if now - at < _ORDER_AGAIN_SECONDS}
        if order.key in self._ordered:
            return
        stored = await self._storage.find(task.task_id)
        if stored is None:
            raise UploadGone()
        upload: UploadMessage = msgspec.structs.replace(stored.message, report=order)
        await self._queue.send(upload, correlation_id=correlation_id)
        self._ordered[order.key] = now
        log.info("report_ordered", task_id=str(task.task_id), key=order.key)
