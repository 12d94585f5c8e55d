"""The two loops beside the slots: one sees to the dead letters, one reconciles stores, ledger and queue."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import structlog

from worker.bucket import Bucket
from worker.database import DATABASE_FAULTS
from worker.dead_letters import DeadLetters
from worker.heartbeat import repeating
from worker.metrics import Metrics
from worker.reconciler import Ages, Reconciler
from worker.settings import Settings
from worker.storage import StorageUnavailable
from worker.upload_queue import QueueUnavailable, UploadQueue
from worker.workshop import Workshop

log = structlog.get_logger(__name__)

#: After each dead letter, and each time that there was none.
_PAUSE_SECONDS = 1.0
#: What a wait between two attempts can be longer than scheduled, at most.
_JITTER = 1.5
_SECONDS_A_DAY = 86_400


@asynccontextmanager
async def recovering(
    shop: Workshop, s3: Any, uploads: UploadQueue, letters: UploadQueue, settings: Settings
) -> AsyncIterator[None]:
    """Run both loops while the context lasts. Whatever goes wrong in them is logged, and tried again."""
    longest_wait = _JITTER * max(settings.retry_delays_seconds)
    dead_letters = DeadLetters(letters, uploads, shop, longest_wait_seconds=longest_wait)
    reconciler = Reconciler(shop.database, Bucket(s3, settings.s3_bucket_name), uploads, ages_of(settings))
    every_seconds = settings.reconcile_every_seconds

    async def reconcile() -> None:
        await _reconcile(reconciler, every_seconds, shop.metrics)

    async with AsyncExitStack() as stack:
        await stack.enter_async_context(repeating(dead_letters.attend, _PAUSE_SECONDS))
        if every_seconds:
            await stack.enter_async_context(repeating(reconcile, every_seconds))
        yield


def ages_of(settings: Settings) -> Ages:
    """Return how long the reconciler leaves things alone."""
    return Ages(silence=settings.reconcile_after_seconds, retention=settings.retention_days * _SECONDS_A_DAY)


async def _reconcile(reconciler: Reconciler, every_seconds: float, metrics: Metrics) -> None:
    try:
        # a little less than the time between two rounds, which start when they start
        report = await reconciler.run_round(pause_seconds=0.9 * every_seconds)
    except (StorageUnavailable, QueueUnavailable) as error:
        # says which call was refused, should it be for want of a permission
        log.warning("reconcile_put_off", error=type(error).__name__, reason=str(error))
        return
    except DATABASE_FAULTS as error:
        log.warning("reconcile_put_off", error=type(error).__name__)
        return
    counts = {} if report is None else report.counts()
    for what, count in counts.items():
        metrics.reconciled.labels(what).inc(count)
    if any(counts.values()):
        log.info("reconciled", **counts)
