"""One upload from claim to end: claim, fetch, read, commit batch by batch, complete."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import msgspec
import structlog

from common.failpoints import Failpoint, failpoint
from common.ledger import read_task
from common.messages import UploadMessage
from common.tasks import TaskRecord, TaskStore
from worker import ledger
from worker.database import DATABASE_FAULTS, Database
from worker.gate import Gate
from worker.heartbeat import keep_lease
from worker.ledger import Claim, Fenced, Held, Over
from worker.metrics import Metrics
from worker.outcomes import Done, Lost, Outcome, Retry
from worker.processors import PROCESSORS, Processor, Writer
from worker.progress import Progress, progress_of, put_record
from worker.readers.reader_process import SpareReader
from worker.readers.sandbox import ReaderCrashed, ReaderLimits, open_rows
from worker.readers.table import FileRefused
from worker.staging import StagedBatch, Staging, staging
from worker.storage import Storage, StorageUnavailable, UploadMissing

log = structlog.get_logger(__name__)

#: The outcome of an attempt that found a store down.
_STORE_FAULT = Retry("store_fault")
#: How long an upload waits here for a store to come back, and how often.
_PATIENCE_SECONDS = 60
_TRIES_IN_PLACE = 20
#: How long after the end of somebody's lease to look again.
_HELD_MARGIN_SECONDS = 1


@dataclass(frozen=True)
class Workshop:
    """What handling an upload needs, for all uploads of one worker."""

    worker_id: str
    database: Database
    storage: Storage
    tasks: TaskStore
    gate: Gate
    stopping: asyncio.Event
    lease_seconds: float
    rows_per_step: int
    batch_max_rows: int
    reader_limits: ReaderLimits
    max_attempts: int
    stall_seconds: float
    task_limit_seconds: float
    handover_seconds: float
    spare_reader: SpareReader | None = None
    metrics: Metrics = field(default_factory=Metrics)


@dataclass(frozen=True)
class _Stay:
    """One delivery of a message at this worker: the name under which it claims, and the time (of the
    monotonic clock) from which it is to be handed on."""

    owner: str
    hand_over_at: float


async def process_upload(shop: Workshop, upload: UploadMessage, correlation_id: str) -> Outcome:
    """Bring one upload as far as it goes. Never raises for what an upload or a store can do to it.

    When a store fails on the way the upload stays here and goes on from its cursor once the store is back;
    only when that takes long, or the worker is to stop, is the message given back.
    """
    owner = f"{shop.worker_id}/{secrets.token_hex(4)}"
    stay = _Stay(owner, time.monotonic() + shop.handover_seconds)
    for _ in range(_TRIES_IN_PLACE):
        outcome = await _take_up(shop, upload, stay, correlation_id)
        if outcome != _STORE_FAULT:
            return outcome
        if not await shop.gate.reopens(_PATIENCE_SECONDS, shop.stopping):
            break
    return Retry("stopped", 0) if shop.stopping.is_set() else _STORE_FAULT


async def _take_up(shop: Workshop, upload: UploadMessage, stay: _Stay, correlation_id: str) -> Outcome:
    """Claim the task and attempt it."""
    try:
        async with shop.database.connection() as connection:
            standing = await ledger.claim(
                connection,
                upload,
                owner=stay.owner,
                lease_seconds=shop.lease_seconds,
                correlation_id=correlation_id,
            )
    except DATABASE_FAULTS as error:
        return _store_fault("postgresql", error)
    match standing:
        case Over(record):
            await put_record(shop.tasks, record)
            return Done()
        case Held(seconds):
            return Retry("held", seconds + _HELD_MARGIN_SECONDS)
        case Claim():
            return await _attempt(shop, standing, stay)


async def _attempt(shop: Workshop, claim: Claim, stay: _Stay) -> Outcome:
    log.info("task_started", epoch=claim.epoch, cursor=claim.cursor)
    failpoint(Failpoint.TASK_CLAIMED)
    try:
        async with keep_lease(shop.database, claim, shop.lease_seconds), progress_of(shop.tasks) as progress:
            progress.publish(claim.record)
            return await _Attempt(shop, claim, progress, stay.hand_over_at).run()
    except Fenced:
        return await _passed_over(shop, claim)
    except DATABASE_FAULTS as error:
        return await _give_back(shop, claim, _store_fault("postgresql", error))
    except StorageUnavailable as error:
        return await _give_back(shop, claim, _store_fault("s3", error))
    except asyncio.CancelledError:
        await _release(shop, claim)
        raise


async def _passed_over(shop: Workshop, claim: Claim) -> Outcome:
    """Tell a task that somebody ended (it was cancelled) from one that another attempt has taken."""
    try:
        async with shop.database.connection() as connection:
            record = await read_task(connection, claim.upload.task_id)
    except DATABASE_FAULTS:
        record = None
    if record is not None and record.status.is_terminal:
        log.info("task_ended_elsewhere", status=record.status.value)
        shop.metrics.tasks.labels(record.status.value).inc()
        await put_record(shop.tasks, record)
        return Done()
    log.warning("task_lost", epoch=claim.epoch)
    return Lost()


class _Attempt:
    """One attempt at a claimed task: its position in the file and its counters move with every committed
    batch."""

    def __init__(self, shop: Workshop, claim: Claim, progress: Progress, hand_over_at: float) -> None:
        self._shop = shop
        self._claim = claim
        self._progress = progress
        self._hand_over_at = hand_over_at
        self._cursor = claim.cursor
        self._tallies = dict(claim.tallies)
        self._record = claim.record
        self._started = time.monotonic()
        self._deadline = asyncio.timeout(None)

    async def run(self) -> Outcome:
        """Import the file, or fail the task for good where trying again cannot help."""
        try:
            async with asyncio.timeout(None) as self._deadline:
                self._got_on()
                finished = await self._import()
        except FileRefused as refusal:
            return await self._fail(refusal.code, refusal.params)
        except UploadMissing:
            return await self._fail("upload_missing", {})
        except ReaderCrashed:
            return await self._try_again(
                "reader_crashed", "file_unreadable", {"format": self._format.upper()}
            )
        except TimeoutError:
            # that of a store is the store's fault
            if not self._deadline.expired():
                raise
            log.warning("task_stalled", cursor=self._cursor)
            return await self._try_again("stalled", "stalled", {})
        except (Fenced, StorageUnavailable, *DATABASE_FAULTS):
            raise
        except Exception:
            log.exception("task_crashed")
            return await self._try_again("crashed", "internal_error", {})
        return Done() if finished else await _release(self._shop, self._claim)

    async def _import(self) -> bool:
        """Read the file, commit its rows, complete the task; return False when the worker is to stop before
        that."""
        upload, shop = self._claim.upload, self._shop
        processor = PROCESSORS.get(upload.kind)
        if processor is None:
            raise FileRefused("unknown_kind", kind=upload.kind)
        async with (
            shop.storage.fetch(upload.s3_bucket, upload.s3_key) as fetched,
            open_rows(
                fetched.file,
                format=self._format,
                checker=processor.checker,
                after=self._cursor,
                rows_per_frame=shop.rows_per_step,
                batch_max_rows=shop.batch_max_rows,
                limits=shop.reader_limits,
                spare=shop.spare_reader,
            ) as source,
            self._connections(processor) as connections,
            staging(source, writer := processor.writer(upload), connections) as batches,
        ):
            reading = source.reading.cut()
            self._publish(
                await ledger.open_task(connections[0], self._claim, source.total, fetched.sha256, reading)
            )
            failpoint(Failpoint.TASK_OPENED)
            while staged := await batches.next():
                if shop.stopping.is_set() or self._is_to_be_handed_over():
                    return False
                self._check_limit()
                self._publish(await self._commit(batches, writer, staged))
                self._got_on()
            self._publish(await self._complete(connections[0], processor))
            return True

    @asynccontextmanager
    async def _connections(self, processor: Processor) -> AsyncIterator[list[asyncpg.Connection]]:
        """Lend the connections for the import; a dry run has one of its own, on which it can do no harm."""
        database, upload = self._shop.database, self._claim.upload
        if not upload.validar:
            async with database.connection() as one, database.connection() as other:
                yield [one, other]
            return
        async with database.private_connection() as connection:
            await processor.rehearse(connection, upload)
            yield [connection]

    async def _commit(self, batches: Staging, writer: Writer, staged: StagedBatch) -> TaskRecord:
        """Write a batch with its errors, counters and cursor, all or nothing, and only while the task is
        ours."""
        started = time.monotonic()
        connection, batch = staged.connection, staged.batch
        async with batches.committed(staged):
            await ledger.hold(connection, self._claim, self._cursor)
            effect = await writer.write(connection, batch, staged=staged.is_staged)
            tallies = {name: self._tallies.get(name, 0) + count for name, count in effect.tallies.items()}
            record = await ledger.advance(
                connection, self._claim, batch.last, effect, tallies, self._shop.lease_seconds
            )
            failpoint(Failpoint.BATCH_WRITTEN)
        failpoint(Failpoint.BATCH_COMMITTED)
        self._cursor, self._tallies = batch.last, tallies
        self._shop.metrics.batch(effect.successful, effect.failed, time.monotonic() - started)
        log.info(
            "batch_committed", rows=effect.successful + effect.failed, cursor=batch.last, failed=effect.failed
        )
        return record

    async def _complete(self, connection: asyncpg.Connection, processor: Processor) -> TaskRecord:
        outputs = await ledger.first_outputs(connection, self._claim)
        result = processor.result(self._record.progress, self._tallies, outputs)
        if self._claim.upload.validar:
            result = {"validacion": True, **result}
        record = await ledger.complete(connection, self._claim, result)
        self._shop.metrics.tasks.labels("completed").inc()
        log.info("task_completed", **msgspec.structs.asdict(record.progress))
        return record

    async def _fail(self, code: str, params: dict[str, Any]) -> Done:
        async with self._shop.database.connection() as connection:
            self._publish(await ledger.fail(connection, self._claim, code, params))
        self._shop.metrics.tasks.labels("failed").inc()
        log.warning("task_failed", code=code)
        return Done()

    async def _try_again(self, reason: str, code: str, params: dict[str, Any]) -> Outcome:
        """Leave it to another attempt, unless enough of them have crashed: then the task has failed."""
        async with self._shop.database.connection() as connection:
            crashes = 1 + await ledger.earlier_crashes(connection, self._claim)
        if crashes >= self._shop.max_attempts:
            return await self._fail(code, params)
        return await _give_back(self._shop, self._claim, Retry(reason), "crashed")

    def _got_on(self) -> None:
        """There is progress: the attempt has its full patience again."""
        self._deadline.reschedule(asyncio.get_running_loop().time() + self._shop.stall_seconds)

    def _is_to_be_handed_over(self) -> bool:
        """Return whether this worker has had the message for long enough; not before the attempt has got on,
        or a file that takes long to open would only ever be handed round."""
        return self._cursor > self._claim.cursor and time.monotonic() > self._hand_over_at

    def _check_limit(self) -> None:
        limit = self._shop.task_limit_seconds
        if limit and self._claim.age_seconds + time.monotonic() - self._started > limit:
            raise FileRefused("task_timeout", limit=round(limit))

    def _publish(self, record: TaskRecord) -> None:
        self._record = record
        self._progress.publish(record)

    @property
    def _format(self) -> str:
        return "xlsx" if self._claim.upload.filename.lower().endswith(".xlsx") else "csv"


async def _release(shop: Workshop, claim: Claim) -> Outcome:
    return await _give_back(shop, claim, Retry("released", 0), "released")


async def _give_back(shop: Workshop, claim: Claim, outcome: Retry, ended: str = "retry") -> Outcome:
    """Release the lease, so that the next attempt need not wait for it to run out; without the database it
    has to. ``ended`` is how the ledger remembers this attempt."""
    try:
        async with shop.database.connection() as connection:
            await ledger.release(connection, claim, ended)
    except DATABASE_FAULTS as error:
        log.warning("lease_not_released", error=type(error).__name__)
    failpoint(Failpoint.LEASE_RELEASED)
    return outcome


def _store_fault(store: str, error: BaseException) -> Retry:
    log.warning("store_failed", store=store, error=type(error).__name__)
    return _STORE_FAULT
