"""Reads that come at the same moment, made as one.

A command costs redis-py a tenth of a millisecond of this process, whatever it asks for: more than all the
rest of a status question. So the next read asks for whatever has piled up while the one before was under way.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from contextvars import copy_context
from itertools import islice
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

#: Keys of one read: its answer is parsed in one piece, and meanwhile the process does nothing else.
MAX_KEYS: Final = 64


class SharedReads(Generic[K, V]):
    """Reads by key, of which ``read`` does several at once and returns the values in the order of the keys.

    Nobody joins a read that has begun: a value is never older than the question for it. What ``read`` raises
    is raised to all who wait, those for the next read too: it would only keep them longer for the same news.
    Nobody cancels a read, so it has to end by itself: one who goes away takes nothing from the others.
    """

    def __init__(self, read: Callable[[list[K]], Awaitable[list[V]]]) -> None:
        self._read = read
        self._waiting: dict[K, list[asyncio.Future[V]]] = {}
        self._reading: asyncio.Task[None] | None = None
        #: A read is nobody's own: what is logged of it has the correlation id of no request.
        self._context = copy_context()

    async def get(self, key: K) -> V:
        """Return the value of ``key``."""
        answer: asyncio.Future[V] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, []).append(answer)
        if self._reading is None:
            self._reading = asyncio.create_task(self._read_all(), context=self._context)
        return await answer

    async def _read_all(self) -> None:
        asked: dict[K, list[asyncio.Future[V]]] = {}
        try:
            while self._waiting:
                asked = {key: self._waiting.pop(key) for key in list(islice(self._waiting, MAX_KEYS))}
                values = await self._read(list(asked))
                for value, answers in zip(values, asked.values(), strict=True):
                    for answer in answers:
                        if not answer.done():
                            answer.set_result(value)
        except Exception as error:  # noqa: BLE001  # whatever it is, it concerns those who wait
            self._fail(asked, error)
        except asyncio.CancelledError:
            self._fail(asked, None)
            raise
        finally:
            self._reading = None

    def _fail(self, asked: dict[K, list[asyncio.Future[V]]], error: Exception | None) -> None:
        waiting, self._waiting = self._waiting, {}
        for answer in [answer for answers in (*asked.values(), *waiting.values()) for answer in answers]:
            if answer.done():
                continue
            if error is None:
                answer.cancel()
            else:
                answer.set_exception(error)
                # who is cancelled in this very moment will not look at it, and need not
                answer.exception()
