"""What the BFF says when the catalogue service cannot be asked: a problem, never a hang, never a 500."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from starlette.requests import Request
from starlette.types import Send

from tests.integration.bff_upstream import UPLOAD, answering, bff_and_client, bff_for
from tests.support.serving import free_port
from tests.support.waiting import eventually

ITEMS = "/api/catalog/items?proveedor_id=PROV001"
Connected = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def bff_before_socket(connected: Connected, **settings: float) -> AsyncIterator[aiohttp.ClientSession]:
    """A BFF before a server that speaks no HTTP of its own accord."""

    async def closing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await connected(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(closing, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        async with bff_for(url, **settings) as bff, aiohttp.ClientSession(bff) as client:
            yield client
    finally:
        server.close()


async def problem(response: aiohttp.ClientResponse) -> dict[str, Any]:
    assert response.content_type == "application/problem+json"
    body: dict[str, Any] = await response.json()
    assert body["status"] == response.status
    assert body["correlation_id"] == response.headers["X-Correlation-ID"]
    return body


@pytest.mark.parametrize(("language", "word"), [("es", "disponible"), ("en", "unavailable")])
async def test_nobody_listens(language: str, word: str) -> None:
    headers = {"Accept-Language": language}
    async with bff_for(f"http://127.0.0.1:{free_port()}") as url, aiohttp.ClientSession(url) as client:
        async with client.get(ITEMS, headers=headers) as response:
            assert response.status == 503
            assert int(response.headers["Retry-After"]) > 0
            assert response.headers["Content-Language"] == language
            body = await problem(response)
        assert body["code"] == "catalog_unavailable"
        assert word in body["detail"]
        async with client.post(UPLOAD, data=b"x" * 1_000_000) as response:
            assert response.status == 503


async def test_the_host_cannot_be_found() -> None:
    async with (
        bff_for("http://catalog.invalid:1") as url,
        aiohttp.ClientSession(url) as client,
        client.get(ITEMS) as response,
    ):
        assert (response.status, (await problem(response))["code"]) == (503, "catalog_unavailable")


async def test_it_hangs_up() -> None:
    async def hang_up(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")

    async with bff_before_socket(hang_up) as client, client.post(UPLOAD, data=b"x") as response:
        assert (response.status, (await problem(response))["code"]) == (503, "catalog_unavailable")
        assert "Retry-After" in response.headers


async def test_it_does_not_answer() -> None:
    async def say_nothing(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with bff_before_socket(say_nothing, catalog_read_timeout_seconds=0.2) as client:
        async with client.get(ITEMS) as response:
            assert (response.status, (await problem(response))["code"]) == (504, "catalog_timeout")
        async with client.post(UPLOAD, data=b"x") as response:
            assert (response.status, (await problem(response))["code"]) == (504, "catalog_timeout")


async def test_it_does_not_read() -> None:
    done = asyncio.Event()

    async def read_nothing(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await done.wait()

    # more than the buffers of two sockets hold
    body = b"x" * 32 * 1024 * 1024
    async with bff_before_socket(read_nothing, catalog_write_timeout_seconds=0.3) as client:
        async with client.post(UPLOAD, data=body) as response:
            assert (response.status, (await problem(response))["code"]) == (504, "catalog_timeout")
        done.set()


async def test_a_client_that_pauses_is_no_fault_of_the_catalogue() -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield b"a"
        # longer than the limits on the other side of the BFF
        await asyncio.sleep(0.5)
        yield b"b"

    limits = {"catalog_write_timeout_seconds": 0.2, "catalog_read_timeout_seconds": 0.2}
    async with (
        bff_and_client(answering(202), **limits) as (_, client),
        client.post(UPLOAD, data=slow()) as response,
    ):
        assert response.status == 202


async def test_it_speaks_no_http() -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"220 mail.example ESMTP\r\n\r\n")

    async with bff_before_socket(babble) as client, client.get(ITEMS) as response:
        assert (response.status, (await problem(response))["code"]) == (502, "catalog_answer_invalid")


async def test_an_answer_that_breaks_off_does_not_look_whole() -> None:
    async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")

    async with bff_before_socket(break_off) as client, client.get(ITEMS) as response:
        assert response.status == 200
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.read()


async def test_no_room_for_another_request() -> None:
    busy = asyncio.Event()
    done = asyncio.Event()

    async def wait(_: Request, send: Send) -> None:
        busy.set()
        await done.wait()
        await answering(200)(_, send)

    limits = {"catalog_connections": 1, "catalog_connect_timeout_seconds": 0.2}
    async with bff_and_client(wait, **limits) as (_, client):
        first = asyncio.create_task(client.get(ITEMS))
        await asyncio.wait_for(busy.wait(), 10)
        async with client.get(ITEMS) as second:
            assert (second.status, (await problem(second))["code"]) == (503, "catalog_unavailable")
        done.set()
        async with await first as response:
            assert response.status == 200


class TestHealth:
    @pytest.mark.parametrize("path", ["/health", "/api/v1/inventory/health"])
    async def test_alive_whatever_the_catalogue_does(self, path: str) -> None:
        async with (
            bff_for(f"http://127.0.0.1:{free_port()}") as url,
            aiohttp.ClientSession(url) as client,
            client.get(path) as response,
        ):
            assert (response.status, await response.json()) == (200, {"status": "ok"})

    async def test_ready_when_the_catalogue_answers(self) -> None:
        async with (
            bff_and_client(answering(200)) as (upstream, client),
            client.get("/health/ready") as response,
        ):
            assert response.status == 200
            assert await response.json() == {"status": "ready", "checks": {"catalog_service": "up"}}
        assert upstream.asked == "/health"

    async def test_not_ready_while_it_does_not(self) -> None:
        async with bff_and_client(answering(500)) as (_, client), client.get("/health/ready") as response:
            assert response.status == 503
            assert await response.json() == {"status": "unavailable", "checks": {"catalog_service": "down"}}


async def test_it_is_there_again_when_the_catalogue_is() -> None:
    port = free_port()
    async with bff_for(f"http://127.0.0.1:{port}") as url, aiohttp.ClientSession(url) as client:
        async with client.get(ITEMS) as response:
            assert response.status == 503

        async def say_ok(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            writer.close()

        async def answers() -> bool:
            async with client.get(ITEMS) as response:
                return response.status == 200

        async with await asyncio.start_server(say_ok, "127.0.0.1", port):
            await eventually(answers, 10)
