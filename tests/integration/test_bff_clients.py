"""What a client can hold open at the BFF: no more than at the catalogue service itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from starlette.requests import Request
from starlette.types import Send

from bff.main import create_app
from bff.settings import Settings
from common.server import BoundedHttpProtocol
from tests.integration.bff_upstream import UPLOAD, Upstream, answer
from tests.integration.test_server_limits import LARGE, Connection, connected, read_all
from tests.support.serving import serving

HEAD = b"POST %s HTTP/1.1\r\nHost: bff\r\nContent-Length: 99999999999\r\n\r\n" % UPLOAD.encode()
REFUSAL = b'{"code": "file_too_large"}'


class Impatient(BoundedHttpProtocol):
    max_write_seconds = 0.3


async def refuse(_: Request, send: Send) -> None:
    await answer(send, 413, REFUSAL)


@asynccontextmanager
async def refused(**settings: float) -> AsyncIterator[Connection]:
    """The connection of a client that has been told 413 and could send on for ever."""
    async with AsyncExitStack() as stack:
        upstream = await stack.enter_async_context(serving(Upstream(refuse)))
        app = create_app(Settings.model_validate({"catalog_url": upstream, **settings}))
        url = await stack.enter_async_context(serving(app))
        reader, writer = await stack.enter_async_context(connected(url))
        writer.write(HEAD + b"x" * 100_000)
        head = await reader.readuntil(b"\r\n\r\n")
        assert b" 413 " in head
        assert b"\r\nconnection: close\r\n" in head.lower()
        assert await reader.readexactly(len(REFUSAL)) == REFUSAL
        yield reader, writer


async def test_refused_client_that_never_stops_is_cut_off() -> None:
    async with refused(refused_body_drain_mb=3) as (reader, writer):
        closed = asyncio.create_task(read_all(reader))
        while not closed.done():
            writer.write(b"x" * 1_000_000)
            await asyncio.wait([closed], timeout=0.01)


async def test_refused_client_that_falls_silent_is_cut_off() -> None:
    async with refused(refused_body_drain_seconds=0.3) as (reader, _):
        assert await read_all(reader) == b""


async def test_answer_that_nobody_reads_gives_the_way_to_the_catalogue_back() -> None:
    over = asyncio.Event()

    async def large(_: Request, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        try:
            for _piece in range(LARGE >> 16):
                await send({"type": "http.response.body", "body": bytes(1 << 16), "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            over.set()

    async with serving(Upstream(large)) as upstream:
        settings = Settings.model_validate({"catalog_url": upstream, "catalog_connections": 1})
        async with serving(create_app(settings), Impatient) as url, connected(url) as (reader, writer):
            reader._transport.pause_reading()  # type: ignore[attr-defined]
            writer.write(b"GET /api/catalog/items HTTP/1.1\r\nHost: bff\r\n\r\n")
            await asyncio.wait_for(over.wait(), 30)
