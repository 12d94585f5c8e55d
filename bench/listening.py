"""``python -m bench.listening``: many who listen to one task; some of them are cut off and come back.

A process of its own, so that what is measured is the servers. Each listener holds what it is told against
what it knows: a story that goes back, or that has a gap where the connection was cut, is a fault.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

import httptools
import msgspec
import uvloop

HOST = "127.0.0.1"
#: How long who was cut off stays away: it misses some events.
_AWAY_SECONDS = 0.5
#: What one process opens at the same moment, less than what waits to be accepted.
_AT_ONCE = 100
#: What is printed once everybody listens.
READY = b"ready\n"


class Listening(msgspec.Struct, frozen=True):
    """Whom to listen to and how many of us; of them each ``cut_every``-th is cut off after some events."""

    port: int
    path: str
    listeners: int
    cut_every: int


class Listened(NamedTuple):
    """What came of it. ``ends``: when each was told the end, in seconds since 1970."""

    events: int
    cuts: int
    resumed: int
    faults: list[str]
    ends: list[float]
    revisions: list[int]

    @classmethod
    def parse(cls, text: bytes) -> Self:
        """Read what the process printed."""
        return cls(*json.loads(text))


class _Progress(msgspec.Struct):
    processed: int


class _Status(msgspec.Struct):
    progress: _Progress


_STATUS = msgspec.json.Decoder(_Status)


@dataclass
class _Crowd:
    """What all listeners know together."""

    plan: Listening
    newest: int = -1
    told_once: int = 0
    events: int = 0
    cuts: int = 0
    resumed: int = 0
    faults: list[str] = field(default_factory=list)
    ready: asyncio.Event = field(default_factory=asyncio.Event)

    def fault(self, what: str) -> None:
        self.faults.append(what)

    def first_time(self) -> None:
        self.told_once += 1
        if self.told_once == self.plan.listeners:
            self.ready.set()


class _Connection(asyncio.Protocol):
    """One answer, of which the frames are handed over as they come."""

    def __init__(self, request: bytes, listener: "_Listener") -> None:
        self._request = request
        self._listener = listener
        self._parser = httptools.HttpResponseParser(self)
        self._held = b""
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # TCP's is one
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_headers_complete(self) -> None:
        self._listener.answered(self._parser.get_status_code())

    def on_body(self, body: bytes) -> None:
        *frames, self._held = (self._held + body).split(b"\n\n")
        for frame in frames:
            if not self.closed.done():
                self._listener.take(frame)

    def on_message_complete(self) -> None:
        self._transport.close()

    def cut(self) -> None:
        """Let the connection be gone, as far as the other end can tell."""
        self._transport.abort()
        self.connection_lost(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.closed.done():
            self.closed.set_result(None)


class _Listener:
    """One who listens until the task is over, on as many connections as that takes."""

    def __init__(self, crowd: _Crowd, number: int) -> None:
        self.crowd = crowd
        self._cut_after = 2 + number % 7 if number % crowd.plan.cut_every == 0 else None
        self._revision = -1
        self._processed = -1
        self._since_cut = 0
        #: What everybody knew when this one asked again: it may not be told less.
        self._at_least = -1
        self._connection: _Connection | None = None
        self.ended_at: float | None = None

    @property
    def revision(self) -> int:
        """What it knows."""
        return self._revision

    async def listen(self) -> None:
        """Listen to the end."""
        loop = asyncio.get_running_loop()
        while self.ended_at is None:
            known = self._revision
            self._at_least = self.crowd.newest
            request = _request(self.crowd.plan, None if known < 0 else known)
            _, connection = await loop.create_connection(
                lambda request=request: _Connection(request, self),  # type: ignore[misc]
                HOST,
                self.crowd.plan.port,
            )
            self._connection = connection
            await connection.closed
            if self.ended_at is None:
                await asyncio.sleep(_AWAY_SECONDS)

    def answered(self, status: int) -> None:
        """Take 204 for the end: it was cut off between the last status and that."""
        if status == 204:
            self.ended_at = time.time()
        elif status != 200:
            self.crowd.fault(f"answered {status}")

    def take(self, frame: bytes) -> None:
        """Hold what it is told against what it knows."""
        fields = dict(_fields(frame))
        if fields.get("event") == b"end":
            self.ended_at = time.time()
        elif fields.get("event") == b"status":
            self._status(int(fields["id"]), _STATUS.decode(fields["data"]).progress.processed)

    def _status(self, revision: int, processed: int) -> None:
        crowd = self.crowd
        crowd.events += 1
        if revision <= self._revision or processed < self._processed:
            crowd.fault(f"revision {revision} ({processed} rows) behind {self._revision} ({self._processed})")
        if revision < self._at_least:
            crowd.fault(f"revision {revision} after a cut, when {self._at_least} was known")
        if self._revision < 0:
            crowd.first_time()
        elif self._since_cut == 0:
            crowd.resumed += 1
        self._revision, self._processed = revision, processed
        crowd.newest = max(crowd.newest, revision)
        self._since_cut += 1
        if self._cut_after is not None and self._since_cut >= self._cut_after and crowd.ready.is_set():
            assert self._connection is not None
            self._since_cut = 0
            crowd.cuts += 1
            self._connection.cut()


async def listen(plan: Listening) -> Listened:
    """Listen with all of them to the end; say so once all have been told something."""
    crowd = _Crowd(plan)
    listeners = [_Listener(crowd, number) for number in range(plan.listeners)]
    async with asyncio.TaskGroup() as group:
        for first in range(0, plan.listeners, _AT_ONCE):
            some = listeners[first : first + _AT_ONCE]
            for listener in some:
                group.create_task(listener.listen())
            while crowd.told_once < first + len(some):  # noqa: ASYNC110  # a crowd of events for one question
                await asyncio.sleep(0.01)
        sys.stdout.buffer.write(READY)
        sys.stdout.buffer.flush()
    ends = [listener.ended_at for listener in listeners if listener.ended_at is not None]
    revisions = [listener.revision for listener in listeners]
    return Listened(crowd.events, crowd.cuts, crowd.resumed, crowd.faults, ends, revisions)


def _fields(frame: bytes) -> Iterator[tuple[str, Any]]:
    for line in frame.split(b"\n"):
        name, _, value = line.partition(b": ")
        if name:
            yield name.decode(), value


def _request(plan: Listening, known: int | None) -> bytes:
    last = "" if known is None else f"Last-Event-ID: {known}\r\n"
    return (
        f"GET {plan.path} HTTP/1.1\r\nHost: {HOST}:{plan.port}\r\nAccept: text/event-stream\r\n"
        f"Accept-Language: es\r\n{last}\r\n"
    ).encode()


def main() -> None:
    """Read a plan as JSON from standard input, do it, print what came of it."""
    plan = msgspec.json.decode(sys.stdin.buffer.readline(), type=Listening)
    print(json.dumps(uvloop.run(listen(plan))), flush=True)


if __name__ == "__main__":
    main()
