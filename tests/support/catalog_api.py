"""The upload API for a test: inside the test's process, or as the real one behind a socket."""

import asyncio
import os
import socket
import struct
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Any

import httpx

from catalog_service.main import create_app
from catalog_service.settings import Settings
from infra.embedded.child import Child
from infra.embedded.ports import free_port
from tests.support.stores import queue_url, s3_client, sqs_client
from tests.support.waiting import eventually

UPLOAD = "/api/catalog/items/bulk-upload"
CSV = b"id,nombre,codigo\n1,Guantes,A1\n"

_ROOT = Path(__file__).resolve().parents[2]


@asynccontextmanager
async def catalog_api(environment: Mapping[str, str], **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application of its own, wired as in production."""
    app = create_app(Settings(**{name.lower(): value for name, value in environment.items()} | settings))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://api") as client,
    ):
        yield client


@asynccontextmanager
async def catalog_process(
    environment: Mapping[str, str], *, output: int | IO[bytes] = asyncio.subprocess.DEVNULL, **variables: str
) -> AsyncIterator[tuple[Child, int]]:
    """``python -m catalog_service``, answering on the port that comes with it; its log goes to ``output``."""
    port = free_port()
    own = {"CATALOG_PORT": str(port), "PYTHONPATH": str(_ROOT), "LOG_FORMAT": "json"}
    child = await Child.spawn(
        "catalog_service",
        [sys.executable, "-m", "catalog_service"],
        environment={**os.environ, **environment, **own, **variables},
        directory=_ROOT,
        output=output,
    )

    async def answers() -> bool:
        assert child.running
        try:
            async with httpx.AsyncClient() as client:
                return (await client.get(f"http://127.0.0.1:{port}/health")).is_success
        except httpx.TransportError:
            return False

    try:
        await eventually(answers)
        yield child, port
    finally:
        await child.stop()


async def post(
    client: httpx.AsyncClient,
    content: bytes = CSV,
    filename: str = "productos.csv",
    *,
    headers: Mapping[str, str] | None = None,
    **params: str,
) -> httpx.Response:
    """Upload ``content``, by provider PROV001 unless told otherwise."""
    query = {"proveedor_id": "PROV001", **params}
    return await client.post(UPLOAD, params=query, files={"file": (filename, content)}, headers=headers)


def assert_problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Assert that the answer is the problem ``code``, told to a person too; return its body."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert (body["code"], body["status"]) == (code, status)
    assert body["detail"]
    assert body["title"]
    return body


@asynccontextmanager
async def hanging_server() -> AsyncIterator[int]:
    """A server that takes every connection and never answers; its port."""
    gone = asyncio.Event()

    async def hang(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await gone.wait()
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        gone.set()
        await server.wait_closed()


@asynccontextmanager
async def resetting_server() -> AsyncIterator[int]:
    """A server that resets every connection once something was said; its port."""

    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        linger_never = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_never)
        writer.transport.abort()

    server = await asyncio.start_server(reset, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


def received(environment: Mapping[str, str], at_most: int = 10) -> list[dict[str, Any]]:
    """The messages on the queue."""
    messages = sqs_client(environment).receive_message(
        QueueUrl=queue_url(environment),
        MaxNumberOfMessages=at_most,
        WaitTimeSeconds=0,
        MessageAttributeNames=["All"],
    )
    return [dict(message) for message in messages.get("Messages", [])]


def objects(environment: Mapping[str, str]) -> dict[str, bytes]:
    """The objects in the bucket, by key."""
    s3, bucket = s3_client(environment), environment["S3_BUCKET_NAME"]
    keys = [stored["Key"] for stored in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
    return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


def unfinished(environment: Mapping[str, str]) -> int:
    """Uploads in parts that were neither completed nor given back."""
    return len(
        s3_client(environment).list_multipart_uploads(Bucket=environment["S3_BUCKET_NAME"]).get("Uploads", [])
    )
