"""One attempt at a task: fetch the file, read it, commit batch by batch, complete."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import structlog

from common.failpoints import Failpoint, failpoint
from common.tasks import TaskRecord
from worker import ledger, mending
from worker.database import DATABASE_FAULTS
from worker.ledger import Claim, Fenced
from worker.outcomes import Done, Outcome, Retry
from worker.processors import PROCESSORS, Processor, Writer
from worker.progress import Progress
from worker.readers.sandbox import ReaderCrashed, RowSource, open_rows
from worker.readers.table import FileRefused
from worker.staging import StagedBatch, staging
from worker.storage import StorageUnavailable, UploadMissing
from worker.workshop import Workshop

log = structlog.get_logger(__name__)


class Attempt:
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
        return Done() if finished else await release(self._shop, self._claim)

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
                find_mending=partial(mending.find_mending, shop.database, upload),
            ) as source,
            self._connections(processor) as connections,
            staging(source, writer := processor.writer(upload), connections) as batches,
        ):
            await self._open(connections[0], source, fetched.sha256)
            while staged := await batches.next():
                if shop.stopping.is_set() or self._is_to_be_handed_over():
                    return False
                self._check_limit()
                self._publish(await self._commit(writer, staged, source.mends))
                self._got_on()
            await self._publish_end(connections[0], await self._complete(connections[0], processor))
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

    async def _open(self, connection: asyncpg.Connection, source: RowSource, sha256: str) -> None:
        reading = source.reading.cut()
        self._publish(
            await ledger.open_task(connection, self._claim, source.total, sha256, reading, source.mends)
        )
        failpoint(Failpoint.TASK_OPENED)

    async def _commit(self, writer: Writer, staged: StagedBatch, mends: UUID | None) -> TaskRecord:
        """Write a batch with its errors, counters and cursor, all or nothing, and only while the task is
        ours."""
        started = time.monotonic()
        connection, batch = staged.connection, staged.batch
        async with connection.transaction():
            await ledger.hold(connection, self._claim, self._cursor)
            effect = await writer.write(connection, batch, staged=staged.is_staged)
            tallies = {name: self._tallies.get(name, 0) + count for name, count in effect.tallies.items()}
            if mends:
                await mending.resolve(connection, self._claim.upload, mends, batch, effect)
            record = await ledger.advance(
                connection, self._claim, batch.last, effect, tallies, self._shop.lease_seconds, batch.origins
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
            await self._publish_end(connection, await ledger.fail(connection, self._claim, code, params))
        self._shop.metrics.tasks.labels("failed").inc()
        log.warning("task_failed", code=code)
        return Done()

    async def _try_again(self, reason: str, code: str, params: dict[str, Any]) -> Outcome:
        """Leave it to another attempt, unless enough of them have crashed: then the task has failed."""
        async with self._shop.database.connection() as connection:
            crashes = 1 + await ledger.earlier_crashes(connection, self._claim)
        if crashes >= self._shop.max_attempts:
            return await self._fail(code, params)
        return await give_back(self._shop, self._claim, Retry(reason), "crashed")

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

    async def _publish_end(self, connection: asyncpg.Connection, record: TaskRecord) -> None:
        """Tell what has been mended elsewhere first: whoever sees this end looks there next."""
        await mending.publish_mended(connection, self._shop.tasks, record)
        self._publish(record)

    @property
    def _format(self) -> str:
        return "xlsx" if self._claim.upload.filename.lower().endswith(".xlsx") else "csv"


async def release(shop: Workshop, claim: Claim) -> Outcome:
    """Give the task back as far as it has come: the worker is to stop, or has had it for long enough."""
    return await give_back(shop, claim, Retry("released", 0), "released")


async def give_back(shop: Workshop, claim: Claim, outcome: Retry, ended: str = "retry") -> Outcome:
    """Release the lease, so that the next attempt need not wait for it to run out; without the database it
    has to. ``ended`` is how the ledger remembers this attempt."""
    try:
        async with shop.database.connection() as connection:
            await ledger.release(connection, claim, ended)
    except DATABASE_FAULTS as error:
        log.warning("lease_not_released", error=type(error).__name__)
    failpoint(Failpoint.LEASE_RELEASED)
    return outcome
