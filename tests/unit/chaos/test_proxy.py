"""A link that can be cut, held and spoilt, with a server at its end that says back what it hears."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from chaos.proxy import Link


class Echo:
    """The server, and what it has heard."""

    def __init__(self) -> None:
        self.heard = b""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(1 << 16):
            self.heard += piece
            writer.write(piece)
        writer.close()


@asynccontextmanager
async def linked() -> AsyncIterator[tuple[Link, Echo]]:
    echo = Echo()
    server = await asyncio.start_server(echo.answer, "127.0.0.1", 0)
    link = Link("client>echo", server.sockets[0].getsockname()[1])
    await link.open()
    try:
        yield link, echo
    finally:
        await link.close()
        server.close()


async def connect(link: Link) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", link.port)


async def say(link: Link, words: bytes) -> bytes:
    """Say something on a connection of its own, and return the whole answer."""
    reader, writer = await connect(link)
    try:
        writer.write(words)
        return await reader.readexactly(len(words))
    finally:
        writer.close()


@pytest.mark.parametrize("spoil", ["nothing", "slices", "delay"])
async def test_all_bytes_arrive_in_their_order(spoil: str) -> None:
    words = bytes(range(256)) * 2000
    async with linked() as (link, _):
        link.sliced = spoil == "slices"
        link.delay_seconds = 0.005 if spoil == "delay" else 0
        assert await say(link, words) == words


async def test_a_cut_link_refuses_and_resets_until_it_is_open_again() -> None:
    async with linked() as (link, _):
        reader, writer = await connect(link)
        writer.write(b"x")
        await reader.readexactly(1)
        await link.cut()
        with pytest.raises(ConnectionResetError):
            await reader.readexactly(1)
        with pytest.raises(ConnectionRefusedError):
            await connect(link)
        await link.open()
        assert await say(link, b"again") == b"again"


async def test_what_a_link_holds_flows_on_later() -> None:
    async with linked() as (link, echo):
        link.flowing.clear()
        saying = asyncio.create_task(say(link, b"held"))
        assert (await asyncio.wait([saying], timeout=0.2))[1]
        assert not echo.heard
        link.flowing.set()
        assert await saying == b"held"


async def test_a_swallowed_answer_is_to_something_that_was_done() -> None:
    async with linked() as (link, echo):
        link.swallowing = b"COMMIT"
        assert await say(link, b"BEGIN") == b"BEGIN"
        with pytest.raises(ConnectionResetError):
            await say(link, b"COMMIT;")
        assert echo.heard == b"BEGINCOMMIT;"
        assert await say(link, b"COMMIT") == b"COMMIT"


async def test_a_server_that_is_gone_is_a_reset_connection() -> None:
    async with linked() as (link, _):
        nowhere = Link("client>nowhere", link.port)
        await link.cut()
        await nowhere.open()
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await say(nowhere, b"hello")
        await nowhere.close()
