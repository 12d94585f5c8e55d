"""A stand-in for the catalogue service that a test scripts, and a BFF in front of it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from starlette.requests import Request
from starlette.types import Receive, Scope, Send
from yarl import URL

from bff.main import create_app
from bff.settings import Settings
from tests.support.serving import serving

Handler = Callable[[Request, Send], Awaitable[None]]
UPLOAD = "/api/catalog/items/bulk-upload"


@dataclass
class Upstream:
    """Answers every request as ``handler`` says, and remembers what it was asked."""

    handler: Handler
    requests: list[Request] = field(default_factory=list)
    #: Set when a client of this server went away before it was answered.
    abandoned: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return

        async def noted() -> Any:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.abandoned.set()
            return message

        request = Request(scope, noted)
        self.requests.append(request)
        await self.handler(request, send)

    @property
    def asked(self) -> str:
        """The raw target of the last request."""
        scope = self.requests[-1].scope
        query: bytes = scope["query_string"]
        raw: bytes = scope["raw_path"]
        return (raw + (b"?" + query if query else b"")).decode()


async def answer(
    send: Send, status: int = 200, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> None:
    """Send a whole answer."""
    raw = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    raw.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


def answering(status: int = 200, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Handler:
    """Return a handler that reads the request and always says this."""

    async def handler(request: Request, send: Send) -> None:
        await request.body()
        await answer(send, status, body, headers)

    return handler


@asynccontextmanager
async def bff_for(catalog_url: str, **settings: float) -> AsyncIterator[URL]:
    """A BFF in front of ``catalog_url``."""
    config = Settings.model_validate({"catalog_url": catalog_url, **settings})
    async with serving(create_app(config)) as url:
        yield URL(url)


@asynccontextmanager
async def bff_and_client(
    handler: Handler, **settings: float
) -> AsyncIterator[tuple[Upstream, aiohttp.ClientSession]]:
    """A scripted upstream, a BFF in front of it and a client of the BFF."""
    upstream = Upstream(handler)
    async with (
        serving(upstream) as catalog_url,
        bff_for(catalog_url, **settings) as url,
        aiohttp.ClientSession(url, auto_decompress=False) as client,
    ):
        yield upstream, client
