"""One upload from claim to end: claim the task, attempt it, and say what becomes of its message."""

import asyncio
import secrets
import time
from dataclasses import dataclass

import structlog

from common.failpoints import Failpoint, failpoint
from common.ledger import read_task
from common.messages import UploadMessage
from common.tasks import TaskRecord
from worker import ledger
from worker.attempt import Attempt, give_back, release
from worker.database import DATABASE_FAULTS
from worker.error_file.making import make_error_file
from worker.heartbeat import keep_lease
from worker.ledger import Claim, Fenced, Held, Over
from worker.mending import publish_mended
from worker.outcomes import Done, Lost, Outcome, Retry
from worker.progress import progress_of, put_record
from worker.storage import StorageUnavailable
from worker.workshop import Workshop

log = structlog.get_logger(__name__)

#: The outcome of an attempt that found a store down.
_STORE_FAULT = Retry("store_fault")
#: How long an upload waits here for a store to come back, and how often.
_PATIENCE_SECONDS = 60
_TRIES_IN_PLACE = 20
#: How long after the end of somebody's lease to look again.
_HELD_MARGIN_SECONDS = 1


@dataclass(frozen=True)
class _Stay:
    """One delivery of a message at this worker: the name under which it claims, and the time (of the
    monotonic clock) from which it is to be handed on."""

    owner: str
    hand_over_at: float


async def process_upload(shop: Workshop, upload: UploadMessage, correlation_id: str) -> Outcome:
    """Bring one upload as far as it goes. Never raises for what an upload or a store can do to it.

    When a store fails on the way the upload stays here and goes on from its cursor once the store is back;
    only when that takes long, or the worker is to stop, is the message given back. Of an upload that is over
    its error file may be ordered: that is no attempt at it.
    """
    if upload.report is not None:
        return await make_error_file(shop, upload, upload.report)
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
            return await _over(shop, record)
        case Held(seconds):
            return Retry("held", seconds + _HELD_MARGIN_SECONDS)
        case Claim():
            return await _attempt(shop, standing, stay)


async def _over(shop: Workshop, record: TaskRecord) -> Outcome:
    """Tell pollers how the task ended: whoever ended it may have had no time for it."""
    try:
        async with shop.database.connection() as connection:
            await publish_mended(connection, shop.tasks, record)
    except DATABASE_FAULTS as error:
        return _store_fault("postgresql", error)
    await put_record(shop.tasks, record)
    return Done()


async def _attempt(shop: Workshop, claim: Claim, stay: _Stay) -> Outcome:
    log.info("task_started", epoch=claim.epoch, cursor=claim.cursor)
    failpoint(Failpoint.TASK_CLAIMED)
    try:
        async with keep_lease(shop.database, claim, shop.lease_seconds), progress_of(shop.tasks) as progress:
            progress.publish(claim.record)
            return await Attempt(shop, claim, progress, stay.hand_over_at).run()
    except Fenced:
        return await _passed_over(shop, claim)
    except DATABASE_FAULTS as error:
        return await give_back(shop, claim, _store_fault("postgresql", error))
    except StorageUnavailable as error:
        return await give_back(shop, claim, _store_fault("s3", error))
    except asyncio.CancelledError:
        await release(shop, claim)
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
        return await _over(shop, record)
    log.warning("task_lost", epoch=claim.epoch)
    return Lost()


def _store_fault(store: str, error: BaseException) -> Retry:
    log.warning("store_failed", store=store, error=type(error).__name__)
    return _STORE_FAULT
