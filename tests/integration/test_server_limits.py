"""What a client can hold open at a service, through real sockets: for a while, and so much of it."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from starlette.responses import StreamingResponse
from yarl import URL

from common.http import install_http_basics
from common.security import SECURITY_HEADERS
from common.server import BoundedHttpProtocol
from common.settings import HttpSettings
from infra.embedded.child import Child
from tests.support.serving import free_port, serving
from tests.support.waiting import eventually

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]

ROOT = Path(__file__).resolve().parents[2]
#: More than the buffers of two sockets hold.
LARGE = 64 * 1024 * 1024
GET = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"


def application() -> FastAPI:
    app = FastAPI()
    install_http_basics(app, HttpSettings())

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/large")
    async def large(request: Request) -> StreamingResponse:
        async def pieces() -> AsyncIterator[bytes]:
            try:
                for _ in range(LARGE >> 16):
                    yield bytes(1 << 16)
            finally:
                request.app.state.over.set()

        return StreamingResponse(pieces())

    @app.post("/read")
    async def read(request: Request) -> dict[str, int]:
        return {"read": len(await request.body())}

    @app.post("/answer")
    async def answer(request: Request) -> StreamingResponse:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"first"
            await request.app.state.over.wait()

        return StreamingResponse(pieces())

    app.state.over = asyncio.Event()
    return app


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Connection]:
    reader, writer = await asyncio.open_connection(URL(url).host, URL(url).port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def read_all(reader: asyncio.StreamReader) -> bytes:
    """What comes until the connection is closed, in whatever way."""
    got = b""
    try:
        while piece := await reader.read(1 << 16):
            got += piece
    except ConnectionError:
        pass
    return got


def problem(answer: bytes, status: int, code: str) -> dict[str, Any]:
    """Assert that the answer is this problem, with all that every answer has."""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    assert first.split()[1] == str(status)
    headers = httpx.Headers([(name, value) for name, _, value in (line.partition(": ") for line in lines)])
    assert headers["content-type"] == "application/problem+json"
    assert headers["connection"] == "close"
    assert int(headers["content-length"]) == len(body)
    assert dict(headers).items() >= {name.lower(): value for name, value in SECURITY_HEADERS.items()}.items()
    assert "server" not in headers
    told: dict[str, Any] = json.loads(body)
    assert (told["status"], told["code"]) == (status, code)
    return told


class Impatient(BoundedHttpProtocol):
    max_head_seconds = 0.3
    max_write_seconds = 0.3


class Small(BoundedHttpProtocol):
    max_connections = 2
    max_more_connections = 2


@pytest.mark.parametrize("head", [b"", b"GET /health HTTP/1.1\r\nHost:"], ids=["silent", "half a head"])
async def test_head_that_does_not_come_closes_the_connection(head: bytes) -> None:
    async with serving(application(), Impatient) as url, connected(url) as (reader, writer):
        writer.write(head)
        assert await read_all(reader) == b""


async def test_second_head_that_does_not_come_closes_the_connection() -> None:
    async with serving(application(), Impatient) as url, connected(url) as (reader, writer):
        writer.write(GET + GET[:20])
        assert (await read_all(reader)).count(b"HTTP/1.1 200") == 1


@pytest.mark.parametrize("start", [b"GET /", b"GET / HTTP/1.1\r\nX-Long: "], ids=["address", "header"])
async def test_head_without_end_is_refused(start: bytes) -> None:
    async with serving(application()) as url, connected(url) as (reader, writer):
        writer.write(start)
        answer = asyncio.create_task(read_all(reader))
        while not answer.done():
            writer.write(b"x" * 10_000)
            await asyncio.wait([answer], timeout=0.01)
        problem(await answer, 431, "head_too_large")


async def test_endless_small_headers_are_refused() -> None:
    async with serving(application()) as url, connected(url) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\n")
        answer = asyncio.create_task(read_all(reader))
        while not answer.done():
            writer.write(b"a: b\r\n" * 1000)
            await asyncio.wait([answer], timeout=0.01)
        problem(await answer, 431, "head_too_large")


@pytest.mark.parametrize(
    "head",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"hello\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        b"POST /read HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /read HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST /read HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
    ids=["tls", "prose", "version", "bytes", "space", "negative", "two lengths", "two framings"],
)
async def test_what_is_no_http_is_told_so(head: bytes) -> None:
    async with serving(application()) as url, connected(url) as (reader, writer):
        writer.write(head)
        told = problem(await read_all(reader), 400, "malformed_request")
        assert told["title"] == "Solicitud no válida"


@pytest.mark.parametrize(
    ("start", "more"),
    [(b"1\r\nx\r\n0\r\n", b"a: b\r\n" * 1000), (b"1\r\nx\r\n5;", b"x" * 10_000)],
    ids=["trailers", "chunk extension"],
)
async def test_framing_without_end_is_cut(start: bytes, more: bytes) -> None:
    async with serving(application()) as url, connected(url) as (reader, writer):
        writer.write(b"POST /read HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + start)
        answer = asyncio.create_task(read_all(reader))
        while not answer.done():
            writer.write(more)
            await asyncio.wait([answer], timeout=0.01)
        assert await answer == b""


async def test_broken_chunk_behind_an_answer_is_no_second_answer() -> None:
    app = application()
    async with serving(app) as url, connected(url) as (reader, writer):
        writer.write(b"POST /answer HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n")
        begin = await reader.readuntil(b"first")
        writer.write(b"no chunk at all\r\n")
        rest = await read_all(reader)
        app.state.over.set()
    assert (begin + rest).count(b"HTTP/1.1") == 1


async def test_answer_that_nobody_reads_is_cut() -> None:
    app = application()
    async with serving(app, Impatient) as url, connected(url) as (reader, writer):
        reader._transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.wait_for(app.state.over.wait(), 30)


async def test_answer_that_is_read_slowly_arrives() -> None:
    async with serving(application(), Impatient) as url, connected(url) as (reader, writer):
        writer.write(b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        got = 0
        while piece := await reader.read(1 << 20):
            got += len(piece)
            await asyncio.sleep(0)
        assert got > LARGE


async def test_more_connections_than_served_are_told_so() -> None:
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(serving(application(), Small))
        held = [await stack.enter_async_context(connected(url)) for _ in range(2)]
        for reader, writer in held:
            writer.write(GET)
            assert b" 200 " in await reader.readline()
        # over the number that is served: asked what it wants, and told that there is no room
        reader, writer = await stack.enter_async_context(connected(url))
        writer.write(GET.replace(b"\r\n\r\n", b"\r\nAccept-Language: en\r\n\r\n"))
        told = problem(await read_all(reader), 503, "server_busy")
        assert told["detail"].startswith("Too many connections")
        # far over it: not even asked
        silent = [await stack.enter_async_context(connected(url)) for _ in range(3)]
        problem(await read_all(silent[-1][0]), 503, "server_busy")
        for _, writer in [*held, *silent]:
            writer.transport.abort()

        async def answers_again() -> bool:
            async with httpx.AsyncClient() as client:
                return (await client.get(f"{url}/health")).status_code == 200

        await eventually(answers_again)


@pytest.mark.parametrize(("service", "port_name"), [("bff", "BFF_PORT"), ("catalog_service", "CATALOG_PORT")])
async def test_both_services_listen_like_that(service: str, port_name: str) -> None:
    port = free_port()
    variables = {port_name: str(port), "PYTHONPATH": str(ROOT), "AWS_DEFAULT_REGION": "us-east-1"}
    child = await Child.spawn(
        service,
        [sys.executable, "-m", service],
        environment={**os.environ, **variables},
        directory=ROOT,
        output=asyncio.subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"

    async def answers() -> bool:
        assert child.running
        try:
            async with httpx.AsyncClient() as client:
                answer = await client.get(f"{url}/health")
        except httpx.TransportError:
            return False
        assert "server" not in answer.headers
        return answer.is_success

    try:
        await eventually(answers)
        async with connected(url) as (reader, writer):
            writer.write(b"hello\r\n\r\n")
            problem(await read_all(reader), 400, "malformed_request")
    finally:
        await child.stop()
