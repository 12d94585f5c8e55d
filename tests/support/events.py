"""Server-sent events for a test: an API that streams, and who listens to it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import msgspec
from fastapi import FastAPI

from catalog_service.main import create_app, end_streams
from catalog_service.parameters import Services
from catalog_service.settings import Settings
from tests.support.serving import serving


@dataclass
class Event:
    """What arrived between two empty lines; a comment has nothing but its text."""

    event: str = "message"
    id: str | None = None
    data: str = ""
    retry: int | None = None
    comment: str | None = None

    @property
    def body(self) -> Any:
        """The data as JSON."""
        return msgspec.json.decode(self.data)

    def add(self, line: str) -> None:
        """Take a line as the specification has it."""
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not field:
            self.comment = value
        elif field == "retry":
            self.retry = int(value)
        elif field == "data":
            self.data += value
        else:
            assert field in ("event", "id")
            setattr(self, field, value)


class Listener:
    """A stream that is being read."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response

    async def everything(self) -> AsyncIterator[Event]:
        """Yield all that arrives, comments too, until the stream ends."""
        event, begun = Event(), False
        while line := await self.response.content.readline():
            assert line.endswith(b"\n"), line
            text = line.decode().removesuffix("\n")
            if text:
                event.add(text)
                begun = True
            elif begun:
                yield event
                event, begun = Event(), False
        assert not begun

    async def events(self) -> AsyncIterator[Event]:
        """Yield what a browser would tell the page."""
        async for event in self.everything():
            if event.data:
                yield event

    async def next(self) -> Event:
        """Return the next event."""
        return await anext(self.events())


@asynccontextmanager
async def listening(
    client: aiohttp.ClientSession, path: str, *, last_event_id: str | None = None, **headers: str
) -> AsyncIterator[Listener]:
    """Listen to a path; whatever else than a stream is answered fails the test."""
    sent = headers | ({} if last_event_id is None else {"Last-Event-ID": last_event_id})
    async with client.get(path, headers=sent) as response:
        assert (response.status, response.content_type) == (200, "text/event-stream"), await response.text()
        yield Listener(response)


@dataclass(frozen=True)
class StreamingApi:
    """An API behind a socket, in the test's own process."""

    app: FastAPI
    url: str
    client: aiohttp.ClientSession

    @property
    def services(self) -> Services:
        """What its routes use."""
        services: Services = self.app.state.services
        return services

    @property
    def listeners(self) -> int:
        """How many listen at this moment."""
        return self.services.watches.listeners


@asynccontextmanager
async def streaming_api(environment: Mapping[str, str], **settings: Any) -> AsyncIterator[StreamingApi]:
    """An API that is served, and a client of it that waits for as long as it takes."""
    app = create_app(Settings(**{name.lower(): value for name, value in environment.items()} | settings))
    timeout = aiohttp.ClientTimeout(total=None)
    async with (
        serving(app) as url,
        aiohttp.ClientSession(url, timeout=timeout, connector=aiohttp.TCPConnector(limit=0)) as client,
    ):
        try:
            yield StreamingApi(app, url, client)
        finally:
            end_streams(app)
