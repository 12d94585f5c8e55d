"""Uploads through real sockets: refused in mid-flight, stalled, trickling, broken off, large."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx

from infra.embedded.child import Child
from tests.support.catalog_api import (
    CSV,
    UPLOAD,
    assert_problem,
    catalog_process,
    objects,
    received,
    unfinished,
)
from tests.support.waiting import eventually

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]

MEGABYTE = 1024 * 1024
HEAD = (
    b"POST %s?proveedor_id=PROV001 HTTP/1.1\r\nHost: api\r\nContent-Type: multipart/form-data; boundary=b\r\n"
    % (UPLOAD.encode())
)
START = b'--b\r\nContent-Disposition: form-data; name="file"; filename="p.csv"\r\n\r\n'
END = b"\r\n--b--\r\n"


@asynccontextmanager
async def refused(environment: dict[str, str], **variables: str) -> AsyncIterator[Connection]:
    """The connection of a client that has been told 413 and could send on for ever."""
    async with AsyncExitStack() as stack:
        _, port = await stack.enter_async_context(
            catalog_process({**environment, **variables}, MAX_FILE_SIZE_MB="1")
        )
        reader, writer = await stack.enter_async_context(connected(port))
        writer.write(HEAD + b"Content-Length: 99999999999\r\n\r\n" + START)
        assert (await read_answer(reader))[0] == 413
        yield reader, writer


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Connection]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


def browser(port: int) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60)


async def read_answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Status and body of the next answer."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head)
    return int(head.split()[1]), await reader.readexactly(int(length[1])) if length else b""


async def read_until_closed(reader: asyncio.StreamReader) -> None:
    try:
        while await reader.read(1 << 16):
            pass
    except ConnectionError:
        pass


def memory_peak_mb(process: Child) -> float:
    """The most memory that a process ever had resident."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    peak = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert peak
    return int(peak[1]) / 1024


async def test_client_that_sends_everything_first_still_gets_the_413(environment: dict[str, str]) -> None:
    """Far more than the socket buffers hold, by httpx, which reads no answer before all is sent."""
    async with catalog_process(environment, MAX_FILE_SIZE_MB="1") as (_, port), browser(port) as client:
        params, content = {"proveedor_id": "PROV001"}, b"x" * (60 * MEGABYTE)
        declared = await client.post(UPLOAD, params=params, files={"file": ("p.csv", content)})
        assert_problem(declared, 413, "file_too_large")

        async def chunks() -> AsyncIterator[bytes]:
            yield START
            for _ in range(60):
                yield b"x" * MEGABYTE
            yield END

        headers = {"Content-Type": "multipart/form-data; boundary=b"}
        chunked = await client.post(UPLOAD, params=params, content=chunks(), headers=headers)
        assert_problem(chunked, 413, "file_too_large")

        refused_early = await client.post(
            UPLOAD, params={"proveedor_id": "¡"}, files={"file": ("p.csv", content)}
        )
        assert_problem(refused_early, 422, "invalid_proveedor_id")
        assert (await client.get("/health")).status_code == 200


async def test_client_that_asks_first_is_told_before_it_sends(environment: dict[str, str]) -> None:
    async with catalog_process(environment, MAX_FILE_SIZE_MB="1") as (_, port):
        async with connected(port) as (reader, writer):
            writer.write(HEAD + b"Content-Length: 60000000\r\nExpect: 100-continue\r\n\r\n")
            status, body = await read_answer(reader)
            assert (status, b"file_too_large" in body) == (413, True)
        async with connected(port) as (reader, writer):
            content = START + CSV + END
            writer.write(HEAD + b"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n" % len(content))
            assert await read_answer(reader) == (100, b"")
            writer.write(content)
            assert (await read_answer(reader))[0] == 202
        async with connected(port) as (reader, writer):
            writer.write(HEAD + b"Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n")
            assert await read_answer(reader) == (100, b"")
            writer.write(
                b"%x\r\n%s\r\n%x\r\n%s\r\n" % (len(START), START, 2 * MEGABYTE, b"x" * (2 * MEGABYTE))
            )
            assert (await read_answer(reader))[0] == 413


async def test_refused_client_that_never_stops_is_cut_off(environment: dict[str, str]) -> None:
    async with refused(environment, REFUSED_BODY_DRAIN_MB="3") as (reader, writer):
        closed = asyncio.create_task(read_until_closed(reader))
        while not closed.done():
            writer.write(b"x" * MEGABYTE)
            await asyncio.wait([closed], timeout=0.01)


async def test_refused_client_that_falls_silent_is_cut_off(environment: dict[str, str]) -> None:
    async with refused(environment, REFUSED_BODY_DRAIN_SECONDS="0.3") as (reader, _):
        await read_until_closed(reader)


async def test_body_that_stops_or_trickles_is_cut_off(environment: dict[str, str]) -> None:
    async with catalog_process(environment, UPLOAD_IDLE_TIMEOUT_SECONDS="0.7") as (_, port):
        async with connected(port) as (reader, writer):
            writer.write(HEAD + b"Content-Length: 30000000\r\n\r\n" + START + b"x" * (9 * MEGABYTE))
            status, body = await read_answer(reader)
            assert (status, b"upload_stalled" in body) == (408, True)
        async with connected(port) as (reader, writer):
            writer.write(HEAD + b"Content-Length: 30000000\r\n\r\n" + START)
            answer = asyncio.create_task(read_answer(reader))
            while not answer.done():
                writer.write(b"x")
                await asyncio.wait([answer], timeout=0.05)
            assert (await answer)[0] == 408
    assert unfinished(environment) == 0
    assert objects(environment) == {}


async def test_client_that_goes_away_leaves_nothing(environment: dict[str, str]) -> None:
    async def begun() -> bool:
        return unfinished(environment) == 1

    async def given_back() -> bool:
        return unfinished(environment) == 0

    async with catalog_process(environment) as (_, port):
        async with connected(port) as (_, writer):
            writer.write(HEAD + b"Content-Length: 30000000\r\n\r\n" + START + b"x" * (17 * MEGABYTE))
            await eventually(begun)
        await eventually(given_back)
    assert objects(environment) == {}
    assert received(environment) == []


async def test_shutdown_in_mid_upload_leaves_nothing(environment: dict[str, str]) -> None:
    async def begun() -> bool:
        return unfinished(environment) == 1

    async with catalog_process(environment, SHUTDOWN_GRACE_SECONDS="1") as (process, port):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEAD + b"Content-Length: 30000000\r\n\r\n" + START + b"x" * (17 * MEGABYTE))
        await eventually(begun)
        await process.stop()
        writer.transport.abort()
    assert unfinished(environment) == 0


async def test_large_file_does_not_sit_in_memory(environment: dict[str, str]) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield START
        for _ in range(150):
            yield b"PROD0001,Guantes,A1\n" * (MEGABYTE // 20)
        yield END

    async with catalog_process(environment) as (process, port), browser(port) as client:
        before = memory_peak_mb(process)
        headers = {"Content-Type": "multipart/form-data; boundary=b"}
        answer = await client.post(
            UPLOAD, params={"proveedor_id": "PROV001"}, content=body(), headers=headers
        )
        assert answer.status_code == 202
        assert memory_peak_mb(process) - before < 64


async def test_more_uploads_than_there_is_memory_for_are_told_so(environment: dict[str, str]) -> None:
    content = START + CSV + END
    whole = HEAD + b"Content-Length: %d\r\n\r\n" % len(content) + content
    async with catalog_process(environment, MAX_UPLOADS="1") as (_, port):
        async with connected(port) as (first, writer):
            writer.write(HEAD + b"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n" % len(content))
            # it is being read from now on
            assert await read_answer(first) == (100, b"")
            async with connected(port) as (second, other):
                other.write(whole)
                status, body = await read_answer(second)
                assert (status, b"too_many_uploads" in body) == (503, True)
            writer.write(content)
            assert (await read_answer(first))[0] == 202
        async with connected(port) as (third, writer):
            writer.write(whole)
            assert (await read_answer(third))[0] == 202
