"""The slots: each takes a message only when it is free to handle it, handles it, and settles it with the
queue."""

import asyncio
import random
from collections.abc import Awaitable, Sequence
from typing import TypeVar

import structlog

from common.failpoints import Failpoint, failpoint
from common.messages import InvalidMessage
from worker.heartbeat import keep_hidden
from worker.outcomes import Done, Lost, Outcome, Reject, Retry
from worker.process import process_upload
from worker.reception import Admitted, Reception
from worker.turns import Message, Turns
from worker.upload_queue import Delivery, QueueUnavailable, UploadQueue
from worker.workshop import Workshop

log = structlog.get_logger(__name__)

T = TypeVar("T")

#: Pause before asking again for a store that did not answer.
_PAUSE_SECONDS = 1.0
#: How much a wait may differ from the scheduled one, either way.
_JITTER = 0.2


class Consumer:
    """Handles up to ``slots`` uploads at a time until told to stop. Which, :mod:`worker.turns` says."""

    def __init__(
        self,
        queue: UploadQueue,
        shop: Workshop,
        *,
        slots: int,
        retry_delays: Sequence[float],
        take_turns: bool = True,
        large_bytes: int = 0,
    ) -> None:
        self._queue = queue
        self._shop = shop
        self._gate = shop.gate
        self._slots = slots
        self._retry_delays = retry_delays
        self._turns = Turns(slots, by_provider=take_turns, large_bytes=large_bytes)
        self._reception = Reception(queue, self._turns, shop.metrics)

    @property
    def busy(self) -> int:
        """How many slots handle something."""
        return self._turns.busy

    async def run(self) -> None:
        """Work until ``shop.stopping`` is set and the slots have come to a halt."""
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._slots):
                    group.create_task(self._run_slot())
        finally:
            await self._reception.settled()

    async def _run_slot(self) -> None:
        while not self._shop.stopping.is_set():
            if not await self._gate.is_open():
                await self._unless_stopped(asyncio.sleep(_PAUSE_SECONDS))
                continue
            try:
                admitted = await self._receive()
            except QueueUnavailable as error:
                log.warning("waiting_for_queue", error=str(error))
                await self._unless_stopped(asyncio.sleep(_PAUSE_SECONDS))
                continue
            if admitted is not None:
                await self._handle(admitted)

    async def _receive(self) -> Admitted | None:
        delivery = await self._unless_stopped(self._queue.receive())
        if delivery is None:
            self._reception.found_nothing()
            return None
        return await self._reception.admit(delivery)

    async def _handle(self, admitted: Admitted) -> None:
        delivery = admitted.delivery
        failpoint(Failpoint.MESSAGE_RECEIVED)
        try:
            with structlog.contextvars.bound_contextvars(correlation_id=delivery.correlation_id):
                async with keep_hidden(self._queue, delivery, self._shop.lease_seconds / 3):
                    outcome = await self._process(admitted.upload, delivery.correlation_id)
                await self._settle(delivery, outcome)
        except asyncio.CancelledError:
            # the worker stops and cannot wait any longer; another one need not wait for the lease
            await self._settle(delivery, Retry("stopped", 0))
            raise
        finally:
            self._reception.dismiss(admitted)

    async def _process(self, upload: Message, correlation_id: str) -> Outcome:
        if isinstance(upload, InvalidMessage):
            return Reject(str(upload))
        with structlog.contextvars.bound_contextvars(task_id=str(upload.task_id)):
            try:
                return await process_upload(self._shop, upload, correlation_id)
            except Exception:
                # one message that nobody foresaw must not take the other slots' work down with it
                log.exception("delivery_crashed")
                return Retry("crashed")

    async def _settle(self, delivery: Delivery, outcome: Outcome) -> None:
        """Turn the outcome into its effect on the queue; where that fails the message comes back, and is
        known."""
        failpoint(Failpoint.MESSAGE_SETTLING)
        try:
            match outcome:
                case Done():
                    await self._queue.delete(delivery)
                case Retry(reason, after_seconds):
                    self._gate.doubt()
                    wait = after_seconds if after_seconds is not None else self._delay(delivery.count)
                    self._shop.metrics.retries.labels(reason).inc()
                    log.info("message_returned", reason=reason, wait_seconds=round(wait, 1))
                    await self._queue.hide(delivery, wait)
                case Reject(reason):
                    log.error("message_rejected", reason=reason, delivery=delivery.count)
                    await self._queue.hide(delivery, 0)
                case Lost():
                    pass
        except QueueUnavailable as error:
            log.warning("message_not_settled", error=str(error))
        failpoint(Failpoint.MESSAGE_SETTLED)

    async def _unless_stopped(self, work: Awaitable[T]) -> T | None:
        """Wait for ``work``, but no longer than until the worker is told to stop."""
        working = asyncio.ensure_future(work)
        stopped = asyncio.create_task(self._shop.stopping.wait())
        try:
            await asyncio.wait([working, stopped], return_when=asyncio.FIRST_COMPLETED)
            return await working if working.done() else None
        finally:
            working.cancel()
            stopped.cancel()

    def _delay(self, deliveries: int) -> float:
        """Return the wait after so many deliveries, spread a little: what failed together need not come back
        together."""
        scheduled = self._retry_delays[min(deliveries, len(self._retry_delays)) - 1]
        return scheduled * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - no secret
