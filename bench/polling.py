"""``python -m bench.polling``: many clients that ask again as soon as they have been answered.

A process of its own, and little of one: httptools reads the answers, nothing else looks at them, so that
what is measured is the server.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from itertools import cycle, islice
from typing import NamedTuple, Self

import httptools
import msgspec
import uvloop

HOST = "127.0.0.1"


class Polling(msgspec.Struct, frozen=True):
    """What to ask, of whom, on how many connections and how long.

    Each connection asks for the paths in turn, beginning with one of its own; ``etags`` is empty, or has the
    tag to send for each path.
    """

    port: int
    paths: list[str]
    etags: list[str]
    connections: int
    seconds: float


class Polled(NamedTuple):
    """What came of it: answers by their status, and the time from the first question to the last answer."""

    answers: dict[int, int]
    seconds: float

    @classmethod
    def parse(cls, text: bytes) -> Self:
        """Read what the process printed."""
        answers, seconds = json.loads(text)
        return cls({int(status): count for status, count in answers.items()}, seconds)


class _Client(asyncio.Protocol):
    """One connection: a question, its answer, the next question, until it is told to stop."""

    def __init__(self, questions: list[bytes], place: int, statuses: Counter[int]) -> None:
        self._questions = islice(cycle(questions), place, None)
        self._statuses = statuses
        self._parser = httptools.HttpResponseParser(self)
        self.stopping = False
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # TCP's is one
        self._transport = transport
        transport.write(next(self._questions))

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        self._statuses[self._parser.get_status_code()] += 1
        if self.stopping:
            self._transport.close()
        else:
            self._transport.write(next(self._questions))

    def connection_lost(self, exc: Exception | None) -> None:
        if self.stopping:
            self.ended.set_result(None)
        else:
            self.ended.set_exception(exc or ConnectionError("closed before it was told to"))


async def poll(polling: Polling) -> Polled:
    """Ask until the time is over. Raises ``OSError`` when a connection breaks."""
    loop = asyncio.get_running_loop()
    questions = _questions(polling)
    statuses: Counter[int] = Counter()
    clients = [
        _Client(questions, place * len(questions) // polling.connections, statuses)
        for place in range(polling.connections)
    ]
    started = time.monotonic()
    for client in clients:
        await loop.create_connection(lambda client=client: client, HOST, polling.port)  # type: ignore[misc]
    await asyncio.wait([client.ended for client in clients], timeout=polling.seconds)
    for client in clients:
        client.stopping = True
    await asyncio.gather(*(client.ended for client in clients))
    return Polled(dict(statuses), time.monotonic() - started)


def _questions(polling: Polling) -> list[bytes]:
    etags = polling.etags or [""] * len(polling.paths)
    return [
        f"GET {path} HTTP/1.1\r\nHost: {HOST}:{polling.port}\r\nAccept: application/json\r\n"
        f"Accept-Language: es\r\n{f'If-None-Match: {etag}' + chr(13) + chr(10) if etag else ''}\r\n".encode()
        for path, etag in zip(polling.paths, etags, strict=True)
    ]


def main() -> None:
    """Read a polling as JSON from standard input, do it, print what came of it."""
    polling = msgspec.json.decode(sys.stdin.buffer.read(), type=Polling)
    print(json.dumps(uvloop.run(poll(polling))))


if __name__ == "__main__":
    main()
