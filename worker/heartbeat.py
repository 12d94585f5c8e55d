"""Signs of life: while an upload is handled its lease and its message are prolonged; while the worker runs
it says so, and ends the sessions of those that give none."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog

from worker.database import DATABASE_FAULTS, Database
from worker.ledger import Claim, Fenced, end_deserted_sessions, renew
from worker.upload_queue import Delivery, QueueUnavailable, UploadQueue

log = structlog.get_logger(__name__)


@asynccontextmanager
async def repeating(action: Callable[[], Awaitable[None]], every_seconds: float) -> AsyncIterator[None]:
    """Run ``action`` every ``every_seconds`` while the context lasts, or until the task is another's."""

    over = False

    async def repeat() -> None:
        # asked as well as cancelled: asyncpg may answer a cancellation with an error of its own, and that
        # would be one beat that failed, not the last
        while not over:
            await asyncio.sleep(every_seconds)
            try:
                await action()
            except Fenced:
                log.warning("lease_lost")
                return
            except Exception:
                # a heart that stopped without a word would cost the task its lease
                log.exception("heartbeat_failed")

    beating = asyncio.create_task(repeat())
    try:
        yield
    finally:
        over = True
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)


@asynccontextmanager
async def keep_hidden(queue: UploadQueue, delivery: Delivery, every_seconds: float) -> AsyncIterator[None]:
    """Keep the message from other workers, from now on."""

    async def extend() -> None:
        try:
            await queue.extend(delivery)
        except QueueUnavailable as error:
            log.warning("message_not_extended", error=str(error))

    await extend()
    async with repeating(extend, every_seconds):
        yield


@asynccontextmanager
async def keep_lease(database: Database, claim: Claim, lease_seconds: float) -> AsyncIterator[None]:
    """Keep the task from other attempts. When the lease has been lost all the same, the fence stops this
    attempt's next write."""

    async def prolong() -> None:
        try:
            async with database.connection() as connection:
                await renew(connection, claim, lease_seconds)
        except DATABASE_FAULTS as error:
            log.warning("lease_not_renewed", error=type(error).__name__)

    async with repeating(prolong, lease_seconds / 3):
        yield


@asynccontextmanager
async def deserted_sessions_ended(database: Database, lease_seconds: float) -> AsyncIterator[None]:
    """Free, time and again, what workers hold locked in PostgreSQL that have been away for longer than a
    lease."""

    async def end() -> None:
        try:
            async with database.connection() as connection:
                ended = await end_deserted_sessions(connection, lease_seconds)
        except DATABASE_FAULTS as error:
            log.debug("sessions_not_looked_at", error=type(error).__name__)
        else:
            if ended:
                log.warning("deserted_sessions_ended", count=ended)

    async with repeating(end, lease_seconds / 3):
        yield
