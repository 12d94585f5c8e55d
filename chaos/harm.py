"""What each fault does, and how it is undone: a context for each, which yields what was hit (None: there was
nothing to hit)."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from random import Random

from redis.asyncio import Redis
from redis.exceptions import RedisError

from chaos.faults import Action, Fault
from chaos.process import Service
from chaos.queue import QueueTampering
from chaos.spoilt import spoilt_links
from chaos.stack import API, BFF, LEASE_SECONDS, Stack
from chaos.takeover import until_taken_over

Hit = AbstractAsyncContextManager[str | None]

_SERVICES = {Fault.KILL_API: API, Fault.KILL_BFF: BFF}

#: How long a dead process stays dead, as a share of the seconds drawn.
_DEAD_SHARE = 0.2
#: A frozen worker sleeps its lease out, and some of the next one's.
_FROZEN_SECONDS = LEASE_SECONDS * 1.3
#: Or it wakes at the worst moment: when another has just taken its task.
_WOKEN_AT_TAKEOVER_SHARE = 0.6
#: Announced again is rather something that is under way than something that is long over.
_LATELY = 8
_LATELY_SHARE = 0.7
_BUSY_PATIENCE_SECONDS = 1.5
_WORKS_AGAIN_SECONDS = 30
_POLL_SECONDS = 0.02


class Harm:
    """Does things to a stack. ``task_ids`` gives the uploads accepted so far."""

    def __init__(self, stack: Stack, queue: QueueTampering, task_ids: Callable[[], Sequence[str]]) -> None:
        self._stack = stack
        self._queue = queue
        self._task_ids = task_ids
        self._taken: set[str] = set()
        #: When the queue was purged.
        self.purged_at: list[float] = []

    def of(self, action: Action) -> Hit:
        """Return the context in which the fault lasts; it is undone when the context ends."""
        match action.fault:
            case Fault.KILL_WORKER | Fault.KILL_API | Fault.KILL_BFF:
                return self._killed_service(action)
            case Fault.KILL_POSTGRES | Fault.KILL_VALKEY:
                return self._killed_store(action)
            case Fault.KILL_READER:
                return self._killed_reader(action)
            case Fault.FREEZE:
                return self._frozen(action)
            case Fault.FLUSH | Fault.PURGE | Fault.DUPLICATE | Fault.REORDER:
                return self._at_once(action)
            case _:
                return spoilt_links(self._stack, action)

    @asynccontextmanager
    async def _killed_service(self, action: Action) -> AsyncIterator[str | None]:
        name = _SERVICES.get(action.fault) or action.pick(self._stack.workers)
        service = self._stack.services[name]
        async with self._alone(name) as alone:
            if not alone or not await service.works() or not await service.kill():
                yield None
                return
            try:
                yield f"{name} pid {service.pid}"
                await asyncio.sleep(action.seconds * _DEAD_SHARE)
            finally:
                await service.start()
            await _until(service.works)

    @asynccontextmanager
    async def _killed_store(self, action: Action) -> AsyncIterator[str | None]:
        name = "postgres" if action.fault is Fault.KILL_POSTGRES else "valkey"
        server = self._stack.server(name)
        async with self._alone(name) as alone:
            if not alone:
                yield None
                return
            await server.kill()
            try:
                yield name
                await asyncio.sleep(action.seconds * _DEAD_SHARE)
            finally:
                await server.start()

    @asynccontextmanager
    async def _killed_reader(self, action: Action) -> AsyncIterator[str | None]:
        worker = action.pick(self._stack.workers)
        readers = await _readers(self._stack.services[worker])
        try:
            if readers:
                os.kill(readers[0], signal.SIGKILL)
        except ProcessLookupError:
            readers = []
        yield f"{worker} reader pid {readers[0]}" if readers else None

    @asynccontextmanager
    async def _frozen(self, action: Action) -> AsyncIterator[str | None]:
        name = action.pick(self._stack.workers)
        service = self._stack.services[name]
        async with self._alone(name) as alone:
            if not alone or not await _readers(service) or not service.freeze():
                yield None
                return
            try:
                yield f"{name} pid {service.pid}"
                seconds = _FROZEN_SECONDS + action.seconds
                if action.choice < _WOKEN_AT_TAKEOVER_SHARE:
                    await until_taken_over(self._stack.stores.postgres.url, service.pid, seconds)
                else:
                    await asyncio.sleep(seconds)
            finally:
                service.thaw()

    @asynccontextmanager
    async def _at_once(self, action: Action) -> AsyncIterator[str | None]:
        """What is done in a moment and cannot be undone."""
        match action.fault:
            case Fault.FLUSH:
                yield await self._flush()
            case Fault.PURGE:
                await self._queue.purge()
                self.purged_at.append(time.time())
                yield "queue"
            case Fault.DUPLICATE:
                task_ids = self._task_ids()[-_LATELY if action.choice < _LATELY_SHARE else 0 :]
                if task_ids:
                    await self._queue.announce_again(action.pick(task_ids))
                yield action.pick(task_ids) if task_ids else None
            case _:
                count = await self._queue.reorder(Random(action.choice))  # noqa: S311 (no secret)
                yield f"{count} messages" if count > 1 else None

    async def _flush(self) -> str | None:
        try:
            async with Redis.from_url(self._stack.stores.valkey.url, socket_timeout=2) as redis:
                await redis.flushall()
        except (RedisError, OSError):
            return None
        return "valkey"

    @asynccontextmanager
    async def _alone(self, name: str) -> AsyncIterator[bool]:
        """Yield whether nothing else is being done to it."""
        if name in self._taken:
            yield False
            return
        self._taken.add(name)
        try:
            yield True
        finally:
            self._taken.discard(name)


async def _readers(service: Service) -> list[int]:
    """Return who reads a file for this worker, once somebody does; nobody, where that takes long."""
    give_up = time.monotonic() + _BUSY_PATIENCE_SECONDS
    while not (readers := service.readers()) and time.monotonic() < give_up:  # noqa: ASYNC110
        await asyncio.sleep(_POLL_SECONDS)
    return readers


async def _until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait, but not for ever: what does not start again is found in the end."""
    give_up = time.monotonic() + _WORKS_AGAIN_SECONDS
    while not await condition() and time.monotonic() < give_up:  # noqa: ASYNC110 (no event of ours)
        await asyncio.sleep(_POLL_SECONDS * 5)
