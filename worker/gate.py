"""The gate before the queue: no message is taken while what it needs is down.

A message taken then could only be given back, and every delivery counts: after so many the queue moves a
message to the dead letters, and a healthy one must not end there because a store was away for an hour.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

import structlog

log = structlog.get_logger(__name__)

Check = Callable[[], Awaitable[bool]]

#: How long a store that answered is believed to be there without being asked again.
_BELIEVED_SECONDS = 2.0
_PAUSE_SECONDS = 0.5


class Gate:
    """Whether the stores that an import needs are there, asked by every slot before it takes a message."""

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = checks
        self._up = dict.fromkeys(checks, True)
        self._believed_until = 0.0

    @property
    def standing(self) -> Mapping[str, bool]:
        """How each store was found when it was last asked."""
        return self._up

    async def is_open(self) -> bool:
        """Return whether a message can be taken now."""
        if time.monotonic() >= self._believed_until:
            await self._ask()
            self._believed_until = time.monotonic() + (_BELIEVED_SECONDS if all(self._up.values()) else 0.0)
        return all(self._up.values())

    async def reopens(self, within_seconds: float, stopping: asyncio.Event) -> bool:
        """Wait until it is open, but no longer than that, nor when the worker is to stop; return whether it
        is."""
        give_up = time.monotonic() + within_seconds
        while not stopping.is_set():
            # even where all is well again at once: an attempt that fails every time must not spin
            await asyncio.sleep(_PAUSE_SECONDS)
            self.doubt()
            if await self.is_open():
                return True
            if time.monotonic() > give_up:
                break
        return False

    def doubt(self) -> None:
        """Ask again before the next message: a store has just failed."""
        self._believed_until = 0.0

    async def _ask(self) -> None:
        answers = await asyncio.gather(*(check() for check in self._checks.values()))
        for store, up in zip(self._checks, answers, strict=True):
            if up is not self._up[store]:
                log.warning("store_is_back" if up else "store_is_down", store=store)
            self._up[store] = up
