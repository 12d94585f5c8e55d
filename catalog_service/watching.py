"""Tasks under observation: however many listen to one, it is asked for once."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import Context
from typing import Final
from uuid import UUID

import structlog

from catalog_service.errors import StatusUnavailable, TaskNotFound, TooManyListeners
from catalog_service.seen_tasks import SeenTask

log = structlog.get_logger(__name__)

#: A task that has just moved is looked at five times a second; one that has stood still for a while, after a
#: tenth of that while.
_SHORTEST_PAUSE_SECONDS: Final = 0.2
_LONGEST_PAUSE_SECONDS: Final = 2.0
_SHARE_OF_STILLNESS: Final = 0.1


class Watch:
    """The newest that is known of one task. Its revisions only rise."""

    def __init__(self) -> None:
        #: None until it has been seen.
        self.seen: SeenTask | None = None
        #: Nothing will come any more: the task is over, is unknown, or the service is.
        self.ended = False
        #: What is sent of it, by whatever tells one from another; made once, however many it is sent to.
        self.events: dict[Hashable, bytes] = {}
        self.listeners = 0
        self.following: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()

    async def beyond(self, revision: int) -> SeenTask | None:
        """Wait for the task to have a higher revision, or to be over; None where it never will.

        Whoever comes late finds the newest, not all that it missed.
        """
        while True:
            seen = self.seen
            if seen is not None and (seen.revision > revision or seen.status.is_terminal):
                return seen
            if self.ended:
                return None
            await self._changed.wait()

    async def first(self, wanted: Callable[[SeenTask], bool], *, after: SeenTask) -> SeenTask:
        """Wait for the task to be as ``wanted``, or over; return it as it is then, at the least ``after``."""
        while not wanted(after):
            newer = await self.beyond(after.revision)
            if newer is None:
                break
            after = newer
            if newer.status.is_terminal:
                break
        return after

    def tell(self, seen: SeenTask) -> bool:
        """Let all know what was seen, unless they know as much; return whether it was news."""
        if self.seen is not None and seen.revision <= self.seen.revision:
            return False
        self.seen = seen
        self.events.clear()
        self._wake()
        return True

    def end(self) -> None:
        """Let nobody wait any longer."""
        self.ended = True
        self._wake()

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


class Watches:
    """The tasks that somebody listens to, each of them looked at by one task of asyncio's."""

    def __init__(self, look: Callable[[UUID], Awaitable[SeenTask]], *, limit: int) -> None:
        """``look`` finds a task; ``limit``: how many may listen at the same time, to whatever task."""
        self._look = look
        self._limit = limit
        #: How many there are at this moment, over all tasks.
        self.listeners = 0
        self._watches: dict[UUID, Watch] = {}
        self._stopped = False

    @contextmanager
    def watching(self, task_id: UUID) -> Iterator[Watch]:
        """Watch a task while the context lasts.

        Raises:
            TooManyListeners: as many as may listen already do.
        """
        if self.listeners >= self._limit:
            raise TooManyListeners()
        watch = self._watches.get(task_id)
        if watch is None or watch.ended:
            watch = self._begin(task_id)
        self.listeners += 1
        watch.listeners += 1
        try:
            yield watch
        finally:
            self.listeners -= 1
            watch.listeners -= 1
            if not watch.listeners:
                self._leave(task_id, watch)

    def stop(self) -> None:
        """Send everybody home: the service ends."""
        self._stopped = True
        for watch in self._watches.values():
            watch.end()

    def _begin(self, task_id: UUID) -> Watch:
        watch = self._watches[task_id] = Watch()
        if self._stopped:
            watch.end()
        else:
            # nobody's own: what is logged of it has the correlation id of no request
            watch.following = asyncio.create_task(self._follow(task_id, watch), context=Context())
        return watch

    def _leave(self, task_id: UUID, watch: Watch) -> None:
        # as well as cancelled: an answer of the database's may come in the place of a cancellation
        watch.end()
        if watch.following is not None:
            watch.following.cancel()
        if self._watches.get(task_id) is watch:
            del self._watches[task_id]

    async def _follow(self, task_id: UUID, watch: Watch) -> None:
        """Look at the task until it is over, and for as long as nobody can say."""
        loop = asyncio.get_running_loop()
        moved = loop.time()
        try:
            while not watch.ended:
                try:
                    seen = await self._look(task_id)
                except StatusUnavailable:
                    log.warning("watched_task_unavailable", task_id=str(task_id))
                else:
                    if watch.tell(seen):
                        moved = loop.time()
                    if seen.status.is_terminal:
                        return
                await asyncio.sleep(_pause(loop.time() - moved))
        except TaskNotFound:
            return
        finally:
            watch.end()


def _pause(stillness: float) -> float:
    return min(max(_SHORTEST_PAUSE_SECONDS, _SHARE_OF_STILLNESS * stillness), _LONGEST_PAUSE_SECONDS)
