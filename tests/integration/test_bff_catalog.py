"""The BFF as a process, before the real catalogue service as another: what a client with a file sees."""

import asyncio
import http.client
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest

from infra.embedded.child import Child
from tests.integration.bff_upstream import UPLOAD
from tests.support.catalog_api import catalog_process
from tests.support.serving import free_port
from tests.support.stores import queue_url, s3_client, sqs_client
from tests.support.waiting import eventually

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "data" / "productos_ejemplo.xlsx"
BROKEN = ROOT / "data" / "rotos"
QUERY = "?proveedor_id=PROV001"
MEGABYTE = 1024 * 1024


@asynccontextmanager
async def bff_process(catalog_port: int) -> AsyncIterator[tuple[Child, int]]:
    """``python -m bff``, answering on the port that comes with it."""
    port = free_port()
    own = {"BFF_PORT": str(port), "CATALOG_URL": f"http://127.0.0.1:{catalog_port}", "PYTHONPATH": str(ROOT)}
    child = await Child.spawn(
        "bff",
        [sys.executable, "-m", "bff"],
        environment={**os.environ, **own},
        directory=ROOT,
        output=asyncio.subprocess.DEVNULL,
    )

    async def answers() -> bool:
        assert child.running
        try:
            async with (
                aiohttp.ClientSession() as client,
                client.get(f"http://127.0.0.1:{port}/health") as answer,
            ):
                return answer.status == 200
        except aiohttp.ClientConnectionError:
            return False

    try:
        await eventually(answers)
        yield child, port
    finally:
        await child.stop()


@asynccontextmanager
async def both(environment: Mapping[str, str]) -> AsyncIterator[tuple[int, int, Child]]:
    async with catalog_process(environment) as (_, catalog_port), bff_process(catalog_port) as (child, port):
        yield catalog_port, port, child


async def get_json(client: aiohttp.ClientSession, path: str) -> tuple[int, Any]:
    async with client.get(path) as response:
        return response.status, await response.json()


async def test_an_upload_and_what_can_be_asked_of_it(environment: dict[str, str]) -> None:
    async with (
        both(environment) as (catalog_port, port, _),
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client,
    ):
        form = aiohttp.FormData(quote_fields=False)
        form.add_field("file", SAMPLE.read_bytes(), filename="catálogo.xlsx")
        headers = {"X-Correlation-ID": "from-the-test"}
        async with client.post(
            f"/api/v1/catalog/items/bulk-upload{QUERY}", data=form, headers=headers
        ) as accepted:
            assert accepted.status == 202
            task = await accepted.json()
            assert accepted.headers["Location"] == task["status_url"]
        assert task["status_url"] == f"/api/v1/catalog/bulk-upload/status/{task['task_id']}"

        for prefix in ("/api/catalog", "/api/v1/catalog"):
            status, body = await get_json(client, f"{prefix}/bulk-upload/status/{task['task_id']}")
            assert (status, body["status"], body["filename"]) == (200, "pending", "catálogo.xlsx")
        status, body = await get_json(client, f"/api/catalog/items{QUERY}")
        assert status == 200
        status, body = await get_json(client, f"/api/catalog/items/no%2Fhay{QUERY}")
        assert (status, body["code"]) == (404, "product_not_found")
        status, body = await get_json(client, "/health/ready")
        assert (status, body["status"]) == (200, "ready")
        for name in ("plantilla.xlsx", "plantilla.csv"):
            path = f"/api/catalog/items/bulk-upload/{name}"
            async with (
                client.get(path) as here,
                client.get(f"http://127.0.0.1:{catalog_port}{path}") as there,
            ):
                assert here.headers["Content-Disposition"] == there.headers["Content-Disposition"]
                assert await here.read() == await there.read()

    stored = s3_client(environment).get_object(
        Bucket=environment["S3_BUCKET_NAME"], Key=f"uploads/{task['task_id']}"
    )
    assert stored["Body"].read() == SAMPLE.read_bytes()
    received = sqs_client(environment).receive_message(
        QueueUrl=queue_url(environment), MessageAttributeNames=["All"], WaitTimeSeconds=5
    )
    attributes = received["Messages"][0]["MessageAttributes"]
    assert attributes["correlation_id"]["StringValue"] == "from-the-test"


async def test_a_poller_is_told_only_what_is_new_and_how_long_to_wait(environment: dict[str, str]) -> None:
    async with (
        both(environment) as (_, port, _child),
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client,
    ):
        form = aiohttp.FormData()
        form.add_field("file", SAMPLE.read_bytes(), filename="x.xlsx")
        async with client.post(f"{UPLOAD}{QUERY}", data=form) as accepted:
            status_url = (await accepted.json())["status_url"]
        async with client.get(status_url) as first:
            told = await first.read()
        async with client.get(status_url, headers={"If-None-Match": first.headers["ETag"]}) as again:
            assert (again.status, await again.read()) == (304, b"")
        # and the connection goes on
        async with client.get(status_url, headers={"If-None-Match": '"other"'}) as other:
            assert (other.status, await other.read()) == (200, told)
    assert first.headers["Retry-After"] == "1"
    assert first.headers["Cache-Control"] == "private, no-cache"
    for name in ("ETag", "Retry-After", "Cache-Control", "Vary"):
        assert again.headers[name] == first.headers[name]


async def test_the_broken_samples_that_an_upload_refuses(environment: dict[str, str]) -> None:
    expected = json.loads((BROKEN / "esperado.json").read_text(encoding="utf-8"))
    refused = {name: entry["carga"] for name, entry in expected.items() if "carga" in entry}
    assert refused
    async with (
        both(environment) as (_, port, _child),
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client,
    ):
        for name in expected:
            form = aiohttp.FormData()
            form.add_field("file", (BROKEN / name).read_bytes(), filename=name)
            async with client.post(UPLOAD + QUERY, data=form) as response:
                body = await response.json()
            if name in refused:
                assert {"status": response.status, "code": body["code"]} == refused[name], name
            else:
                assert response.status == 202, name


def large_file(directory: Path, megabytes: int) -> Path:
    path = directory / "enorme.csv"
    rows = b"id,nombre\n" * (MEGABYTE // 10)
    with path.open("wb") as file:
        for _ in range(megabytes + 1):
            file.write(rows)
    return path


def send_everything_then_read(port: int, megabytes: int) -> tuple[int, bytes]:
    """Upload as most client libraries do: the answer is looked at when all has been sent."""
    head = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.csv"\r\n'
        b"Content-Type: text/csv\r\n\r\n"
    )
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.putrequest("POST", UPLOAD + QUERY)
    connection.putheader("Content-Type", "multipart/form-data; boundary=b")
    connection.putheader("Content-Length", str(len(head) + megabytes * MEGABYTE))
    connection.endheaders()
    connection.send(head)
    for _ in range(megabytes):
        connection.send(b"x" * MEGABYTE)
    response = connection.getresponse()
    return response.status, response.read()


class TestTooLarge:
    """300 MB where 200 MB are taken."""

    @pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not here")
    @pytest.mark.parametrize("declared", [True, False], ids=["declared", "undeclared"])
    async def test_curl_is_told(self, environment: dict[str, str], tmp_path: Path, declared: bool) -> None:
        file = large_file(tmp_path, 300)
        chunked = [] if declared else ["-H", "Transfer-Encoding: chunked"]
        async with both(environment) as (_, port, child):
            before = psutil.Process(child.pid).memory_info().rss
            curl = await asyncio.create_subprocess_exec(
                "curl", "-sS", "-w", "\n%{http_code}", *chunked, "-F", f"file=@{file}",
                f"http://127.0.0.1:{port}{UPLOAD}{QUERY}", stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            output, _ = await asyncio.wait_for(curl.communicate(), 60)
            grown = psutil.Process(child.pid).memory_info().rss - before
        body, _, status = output.decode().rpartition("\n")
        assert status == "413"
        assert '"code":"file_too_large"' in body
        assert curl.returncode == 0
        assert grown < 32 * MEGABYTE

    async def test_a_client_that_reads_last_is_told(self, environment: dict[str, str]) -> None:
        async with both(environment) as (_, port, _child):
            status, body = await asyncio.to_thread(send_everything_then_read, port, 300)
        assert status == 413
        assert b'"code":"file_too_large"' in body
