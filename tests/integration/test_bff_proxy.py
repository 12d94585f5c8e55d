"""The BFF passes requests on and answers back as they are, and as they come."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from starlette.requests import Request
from starlette.types import Send
from yarl import URL

from common.security import SECURITY_HEADERS
from tests.integration.bff_upstream import UPLOAD, Upstream, answer, answering, bff_and_client

STATUS = "/api/catalog/bulk-upload/status/4d4f5b5e-0000-4000-8000-000000000000"
PROBLEM = json.dumps({"code": "file_too_large", "detail": "El archivo supera el máximo"}).encode()


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        (202, b'{"task_id": "x"}', {"content-type": "application/json", "location": STATUS}),
        (413, PROBLEM, {"content-type": "application/problem+json", "content-language": "es"}),
        (503, PROBLEM, {"content-type": "application/problem+json", "retry-after": "7"}),
        (500, b"", {}),
        (307, b"", {"location": "http://elsewhere.test/"}),
        (200, b"\x1f\x8b not really gzip", {"content-encoding": "gzip", "etag": '"1"', "vary": "accept"}),
    ],
)
async def test_an_answer_comes_through_untouched(status: int, body: bytes, headers: dict[str, str]) -> None:
    async with (
        bff_and_client(answering(status, body, headers)) as (_, client),
        client.post(UPLOAD, data=b"x", allow_redirects=False) as response,
    ):
        assert (response.status, await response.read()) == (status, body)
        got = {name.lower(): value for name, value in response.headers.items()}
    assert got.items() >= headers.items()
    own = {"content-length", "date", "x-correlation-id", *map(str.lower, SECURITY_HEADERS)}
    assert got.keys() - headers.keys() == own


async def test_a_request_comes_through_untouched() -> None:
    received: list[bytes] = []

    async def handler(request: Request, send: Send) -> None:
        received.append(await request.body())
        await answer(send)

    query = "proveedor_id=PROV001&reemplazar_duplicados=true&q=a%20b%2Fc+d%C3%B1"
    async with bff_and_client(handler) as (upstream, client):
        headers = {"Idempotency-Key": "k1", "Accept-Language": "en", "Content-Type": "text/x"}
        async with client.post(
            URL(f"{UPLOAD}?{query}", encoded=True), data=b"\x00\xffbytes", headers=headers
        ):
            pass
    request = upstream.requests[0]
    assert (request.method, upstream.asked, received) == ("POST", f"{UPLOAD}?{query}", [b"\x00\xffbytes"])
    assert request.headers["idempotency-key"] == "k1"
    assert request.headers["accept-language"] == "en"
    assert request.headers["content-type"] == "text/x"
    assert request.headers["content-length"] == "7"
    assert request.headers["x-forwarded-for"] == "127.0.0.1"


async def test_a_body_without_a_length_comes_through_in_chunks() -> None:
    received: list[bytes] = []

    async def handler(request: Request, send: Send) -> None:
        received.append(await request.body())
        await answer(send)

    async def pieces() -> AsyncIterator[bytes]:
        yield b"one "
        yield b"two"

    async with bff_and_client(handler) as (upstream, client), client.post(UPLOAD, data=pieces()) as response:
        assert response.status == 200
    assert received == [b"one two"]
    assert upstream.requests[0].headers["transfer-encoding"] == "chunked"


async def test_an_upload_arrives_while_it_is_sent() -> None:
    first_arrived = asyncio.Event()

    async def handler(request: Request, send: Send) -> None:
        async for _ in request.stream():
            first_arrived.set()
        await answer(send, 202)

    async def pieces() -> AsyncIterator[bytes]:
        yield b"first"
        await asyncio.wait_for(first_arrived.wait(), 10)
        yield b"second"

    async with bff_and_client(handler) as (_, client), client.post(UPLOAD, data=pieces()) as response:
        assert response.status == 202


async def test_the_head_of_an_upload_arrives_before_its_body() -> None:
    refused = asyncio.Event()

    async def handler(_: Request, send: Send) -> None:
        await answer(send, 422, PROBLEM)
        refused.set()

    async def pieces() -> AsyncIterator[bytes]:
        yield b""
        await asyncio.wait_for(refused.wait(), 10)
        yield b"late"

    async with bff_and_client(handler) as (_, client), client.post(UPLOAD, data=pieces()) as response:
        assert (response.status, await response.read()) == (422, PROBLEM)


async def test_an_answer_arrives_while_it_is_sent() -> None:
    first_arrived = asyncio.Event()

    async def handler(_: Request, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        await asyncio.wait_for(first_arrived.wait(), 10)
        await send({"type": "http.response.body", "body": b"second"})

    async with bff_and_client(handler) as (_, client), client.get("/api/catalog/items") as response:
        assert await response.content.readany() == b"first"
        first_arrived.set()
        assert await response.read() == b"second"


async def test_a_refusal_arrives_while_the_client_is_still_sending() -> None:
    async def handler(request: Request, send: Send) -> None:
        async for _ in request.stream():
            await answer(send, 413, PROBLEM)
            return

    sending = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 65_536
            sending.set()
            await asyncio.sleep(0)

    async with bff_and_client(handler) as (_, client), client.post(UPLOAD, data=endless()) as response:
        assert sending.is_set()
        assert (response.status, await response.read()) == (413, PROBLEM)


async def test_a_client_that_hangs_up_ends_the_request_to_the_catalogue() -> None:
    arrived = asyncio.Event()

    async def handler(request: Request, send: Send) -> None:
        async for _ in request.stream():
            arrived.set()
        await answer(send)

    async def stuck() -> AsyncIterator[bytes]:
        yield b"some"
        await asyncio.Event().wait()

    async def upload() -> None:
        async with client.post(UPLOAD, data=stuck()):
            pytest.fail("there is no answer to half a request")

    async with bff_and_client(handler) as (upstream, client):
        task = asyncio.create_task(upload())
        await asyncio.wait_for(arrived.wait(), 10)
        task.cancel()
        await asyncio.wait_for(upstream.abandoned.wait(), 5)


class TestCorrelationId:
    async def ids(self, headers: dict[str, str]) -> tuple[str, list[str]]:
        """Return the id that the catalogue service got, and those that the client got back."""
        # the catalogue service sends the id back as well: the client must still get one only
        upstream_says = {"x-correlation-id": "theirs"}
        async with (
            bff_and_client(answering(headers=upstream_says)) as (upstream, client),
            client.get(STATUS, headers=headers) as response,
        ):
            returned = response.headers.getall("X-Correlation-ID")
        return self.received(upstream), returned

    @staticmethod
    def received(upstream: Upstream) -> str:
        values = upstream.requests[0].headers.getlist("x-correlation-id")
        assert len(values) == 1
        return values[0]

    async def test_the_callers_own_goes_on_and_comes_back(self) -> None:
        assert await self.ids({"X-Correlation-ID": "order-17.a_b"}) == ("order-17.a_b", ["order-17.a_b"])

    async def test_one_is_made_where_there_is_none(self) -> None:
        received, returned = await self.ids({})
        assert len(received) == 36
        assert returned == [received]

    @pytest.mark.parametrize("bad", ["with space", "x" * 65, "ñ", "a;b"])
    async def test_a_harmful_one_is_replaced(self, bad: str) -> None:
        received, returned = await self.ids({"X-Correlation-ID": bad})
        assert received != bad
        assert returned == [received]
