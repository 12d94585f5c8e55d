"""A task as a stream of events (WHATWG HTML, section 9.2): its status whenever that changes, then its end."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Final
from uuid import UUID

from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event
from starlette.types import Receive, Scope, Send

from catalog_service.answers import encode
from catalog_service.seen_tasks import SeenTask
from catalog_service.watching import Watch, Watches
from common.texts import Language

#: How long a browser waits before it connects again.
_RETRY_MILLISECONDS: Final = 2000
_NOTHING: Final = -1
_REVISION: Final = re.compile(r"[0-9]{1,18}")
#: A stream is of the moment, and no proxy is to collect it.
_HEADERS: Final = {"Cache-Control": "no-store", "Vary": "Accept-Language", "X-Accel-Buffering": "no"}


def revision_in(last_event_id: str | None) -> int:
    """Return the revision that a client has seen last; one that names none has seen nothing."""
    match = _REVISION.fullmatch(last_event_id or "")
    return int(match[0]) if match else _NOTHING


class TaskEvents(EventSourceResponse):
    """The stream of one listener. Raises ``TooManyListeners`` before it begins."""

    def __init__(
        self,
        watches: Watches,
        task_id: UUID,
        *,
        told: int,
        prefix: str,
        language: Language,
        heartbeat_seconds: float,
    ) -> None:
        """``told``: the revision that the listener knows; it is sent what is newer."""
        self._watches = watches
        self._task_id = task_id
        self._told = told
        self._prefix = prefix
        self._language: Language = language
        self._heartbeat_seconds = heartbeat_seconds
        # what it iterates over is known when it is sent
        super().__init__((), headers=_HEADERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events until the task is over, the client gone or the service told to stop."""
        with self._watches.watching(self._task_id) as watch:
            self.body_iterator = self._events(watch)
            await super().__call__(scope, receive, send)

    async def _events(self, watch: Watch) -> AsyncIterator[bytes]:
        yield format_sse_event(retry=_RETRY_MILLISECONDS)
        while True:
            try:
                async with asyncio.timeout(self._heartbeat_seconds):
                    seen = await watch.beyond(self._told)
            except TimeoutError:
                yield KEEPALIVE_COMMENT
                continue
            if seen is None:
                return
            if seen.revision > self._told:
                yield self._status_event(watch, seen)
                self._told = seen.revision
            if seen.status.is_terminal:
                yield _end_event(self._task_id, seen)
                return

    def _status_event(self, watch: Watch, seen: SeenTask) -> bytes:
        """Return the event, made once for all who listen under the same prefix in the same language."""
        key = seen.revision, self._prefix, self._language
        if key not in watch.events:
            body = seen.answer(self._prefix, self._language).body.decode()
            watch.events[key] = format_sse_event(event="status", id=str(seen.revision), data_str=body)
        return watch.events[key]


def _end_event(task_id: UUID, seen: SeenTask) -> bytes:
    # without data a browser would keep it to itself
    return format_sse_event(
        event="end", data_str=encode({"task_id": task_id, "status": seen.status}).decode()
    )
