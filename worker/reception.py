"""Takes messages from the queue for the slots of one worker, and passes over those whose turn it is not.

What is passed over was never attempted, and must not count as if: the queue buries what it has delivered too
often. So a copy is sent, to be seen a while later, and the message itself deleted. Whoever dies in between
leaves one message too many, which finds its task claimed or over.
"""

import asyncio
import random
import time
from dataclasses import dataclass

import structlog

from common.failpoints import Failpoint, failpoint
from common.messages import InvalidMessage, UploadMessage
from worker.metrics import Metrics
from worker.turns import Message, Objection, Turns, seconds_away
from worker.upload_queue import Backlog, Delivery, QueueUnavailable, UploadQueue

log = structlog.get_logger(__name__)

#: How old a count of what waits may be: each is a question to the queue.
_COUNTED_SECONDS = 1.0
#: Messages that are being passed over at the same time.
_AT_ONCE = 16


@dataclass(frozen=True)
class Admitted:
    """A message that a slot is to handle, and what it describes: an upload, or why it describes none."""

    delivery: Delivery
    upload: Message


class Reception:
    """Decides over each message that the queue gives. ``turns`` has the say, and is kept up to date here."""

    def __init__(self, queue: UploadQueue, turns: Turns, metrics: Metrics) -> None:
        self._queue = queue
        self._turns = turns
        self._metrics = metrics
        self._deciding = asyncio.Lock()
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._passing: set[asyncio.Task[None]] = set()
        self._backlog = Backlog(0, 0)
        self._counted_at = float("-inf")

    def found_nothing(self) -> None:
        """Note that the queue had nothing to give."""
        self._turns.end_look(time.monotonic())

    async def admit(self, delivery: Delivery) -> Admitted | None:
        """Return what there is to handle until :meth:`dismiss`; None: it is being passed over.

        Raises ``QueueUnavailable`` when the queue cannot say what else is waiting; the message will be back.
        """
        upload = _read(delivery)
        async with self._deciding:
            objection = await self._objection(upload)
            # one that was delivered before may have been attempted: a copy would not know how often
            if objection is None or delivery.count > 1 or isinstance(upload, InvalidMessage):
                self._turns.take(upload)
                return Admitted(delivery, upload)
        await self._room.acquire()
        passing = asyncio.create_task(self._pass_over(delivery, upload, objection))
        self._passing.add(passing)
        passing.add_done_callback(self._passed)
        return None

    def dismiss(self, admitted: Admitted) -> None:
        """Note that a slot is done with it."""
        self._turns.leave(admitted.upload)

    async def settled(self) -> None:
        """Wait until what is being passed over is back on the queue."""
        await asyncio.gather(*self._passing)

    def _passed(self, passing: asyncio.Task[None]) -> None:
        self._passing.discard(passing)
        self._room.release()

    async def _objection(self, upload: Message) -> Objection | None:
        now = time.monotonic()
        if self._turns.needs_look(now):
            backlog = await self._count()
            self._turns.look(backlog.visible, now)
        return None if isinstance(upload, InvalidMessage) else self._turns.objection(upload, now)

    async def _pass_over(self, delivery: Delivery, upload: UploadMessage, objection: Objection) -> None:
        failpoint(Failpoint.MESSAGE_PASSED_OVER)
        try:
            backlog = await self._counted_lately()
            wait = seconds_away(objection, backlog.visible + backlog.delayed, random.random())  # noqa: S311
            await self._queue.send(
                delivery.body, delivery.correlation_id, group=upload.group, delay_seconds=wait
            )
            failpoint(Failpoint.COPY_SENT)
            await self._queue.delete(delivery)
            failpoint(Failpoint.ORIGINAL_DELETED)
        except QueueUnavailable as error:
            # it comes back by itself, and is taken then
            log.warning("message_not_passed_over", error=str(error))
            return
        self._metrics.passed_over.labels(objection.value).inc()
        log.debug("message_passed_over", reason=objection.value, wait_seconds=wait)

    async def _counted_lately(self) -> Backlog:
        if time.monotonic() - self._counted_at > _COUNTED_SECONDS:
            await self._count()
        return self._backlog

    async def _count(self) -> Backlog:
        # before the answer: the others need not ask as well
        self._counted_at = time.monotonic()
        self._backlog = await self._queue.backlog()
        return self._backlog


def _read(delivery: Delivery) -> Message:
    try:
        return UploadMessage.from_body(delivery.body)
    except InvalidMessage as error:
        return error
