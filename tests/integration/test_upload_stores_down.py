"""Uploads while a store is down, hangs or resets: accepted where that can be, else 503 and nothing left."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from catalog_service.parts import PART_BYTES
from infra.embedded.ports import free_port
from infra.embedded.stores import Stores
from tests.support.catalog_api import (
    assert_problem,
    catalog_api,
    hanging_server,
    objects,
    post,
    received,
    resetting_server,
    unfinished,
)
from tests.support.faulty_proxy import Fault, FaultyProxy
from tests.support.stores import create_bucket_and_queues, delete_bucket_and_queues, flush_redis

#: Nobody waits longer than this for an answer, with the settings as they are by default.
PATIENCE = 10

LARGE = b"x" * (3 * PART_BYTES)
OPEN = b"?uploads HTTP"
COMPLETE = b"<CompleteMultipartUpload"
SEND = b"AmazonSQS.SendMessage"


@asynccontextmanager
async def api_behind(
    environment: dict[str, str], marker: bytes, fault: Fault, **settings: Any
) -> AsyncIterator[tuple[httpx.AsyncClient, FaultyProxy]]:
    """An API between which and AWS some requests are spoiled."""
    proxy = FaultyProxy(environment["AWS_ENDPOINT_URL"], marker, fault)
    async with (
        proxy.serve() as url,
        catalog_api({**environment, "AWS_ENDPOINT_URL": url}, **settings) as client,
    ):
        yield client, proxy


def assert_unavailable(response: httpx.Response, code: str) -> None:
    assert_problem(response, 503, code)
    assert int(response.headers["retry-after"]) > 0


@pytest.mark.parametrize("server", [hanging_server, resetting_server])
async def test_s3_that_hangs_or_resets(environment: dict[str, str], server: Any) -> None:
    async with (
        server() as port,
        catalog_api({**environment, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}) as client,
    ):
        async with asyncio.timeout(PATIENCE):
            assert_unavailable(await post(client), "storage_unavailable")


async def test_s3_that_refuses_and_comes_back(environment: dict[str, str], stores: Stores) -> None:
    async with catalog_api(environment) as client:
        assert (await post(client)).status_code == 202
        await stores.localstack.kill()
        async with asyncio.timeout(PATIENCE):
            assert_unavailable(await post(client), "storage_unavailable")
        await stores.localstack.start()
        create_bucket_and_queues(environment)
        assert (await post(client)).status_code == 202
    assert len(received(environment)) == 1


async def test_bucket_that_is_not_there(environment: dict[str, str]) -> None:
    async with catalog_api({**environment, "S3_BUCKET_NAME": "no-such-bucket"}) as client:
        assert_unavailable(await post(client), "storage_unavailable")
        assert_unavailable(await post(client, LARGE), "storage_unavailable")


@pytest.mark.parametrize("fault", [Fault.RESET, Fault.HANG, Fault.LOST_ANSWER])
@pytest.mark.parametrize("call", [OPEN, b"partNumber=2", COMPLETE, b"PUT /"])
async def test_s3_that_fails_within_an_upload(environment: dict[str, str], call: bytes, fault: Fault) -> None:
    """At the opening, a part, the completion, and the put of a small file."""
    content = LARGE if call != b"PUT /" else b"x"
    timeout = 2 if fault is Fault.HANG else PATIENCE
    async with api_behind(environment, call, fault, s3_timeout_seconds=timeout) as (client, proxy):
        assert_unavailable(await post(client, content), "storage_unavailable")

    assert proxy.spoiled
    assert objects(environment) == {}
    assert received(environment) == []
    if not (call == OPEN and fault is Fault.LOST_ANSWER):  # nobody learnt its id: left to the lifecycle rule
        assert unfinished(environment) == 0


@pytest.mark.parametrize(("fault", "content"), [(Fault.HANG, b"x"), (Fault.RESET, LARGE)])
async def test_sqs_that_fails_takes_the_upload_back(
    environment: dict[str, str], fault: Fault, content: bytes
) -> None:
    async with api_behind(environment, SEND, fault) as (client, proxy):
        async with asyncio.timeout(PATIENCE):
            assert_unavailable(await post(client, content), "queue_unavailable")

        assert proxy.spoiled
        assert objects(environment) == {}
        proxy.fault = None
        assert (await post(client, content)).status_code == 202
    assert len(received(environment)) == 1


async def test_sqs_that_fails_never_takes_a_keyed_upload_back(environment: dict[str, str]) -> None:
    headers = {"Idempotency-Key": "k1"}
    async with api_behind(environment, SEND, Fault.RESET) as (client, proxy):
        assert_unavailable(await post(client, headers=headers), "queue_unavailable")
        assert len(objects(environment)) == 1
        proxy.fault = None
        await flush_redis(environment["REDIS_URL"])
        response = await post(client, headers=headers)

    assert response.status_code == 202
    assert list(objects(environment)) == [f"uploads/{response.json()['task_id']}"]
    assert len(received(environment)) == 1


async def test_queue_made_anew_is_found_again(environment: dict[str, str]) -> None:
    async with catalog_api(environment) as client:
        assert (await post(client)).status_code == 202
        delete_bucket_and_queues(environment)
        assert_unavailable(await post(client), "storage_unavailable")
        create_bucket_and_queues(environment)
        assert (await post(client)).status_code == 202
    assert len(received(environment)) == 1


async def test_queue_that_is_not_there(environment: dict[str, str]) -> None:
    async with catalog_api({**environment, "SQS_QUEUE_NAME": "no-such-queue"}) as client:
        assert_unavailable(await post(client), "queue_unavailable")
    assert objects(environment) == {}


async def test_redis_that_hangs_or_refuses_holds_nobody_up(environment: dict[str, str]) -> None:
    async with hanging_server() as hanging:
        for port in (hanging, free_port()):
            async with catalog_api({**environment, "REDIS_URL": f"redis://127.0.0.1:{port}/0"}) as client:
                async with asyncio.timeout(PATIENCE / 2):
                    response = await post(client)
                    assert response.status_code == 202
                    status = await client.get(response.json()["status_url"])
                assert (status.status_code, status.json()["status"]) == (200, "pending")
    assert len(received(environment)) == 2


async def test_postgresql_down_changes_nothing_for_uploads(
    environment: dict[str, str], stores: Stores
) -> None:
    await stores.postgres.stop()
    async with catalog_api(environment) as client:
        response = await post(client)
        status = await client.get(response.json()["status_url"])

    assert response.status_code == 202
    assert status.json()["status"] == "pending"


async def test_starts_and_answers_with_every_store_down(environment: dict[str, str]) -> None:
    nobody = free_port()
    nowhere = {
        **environment,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{nobody}",
        "REDIS_URL": f"redis://127.0.0.1:{nobody}/0",
        "DATABASE_URL": f"postgresql://u@127.0.0.1:{nobody}/d",
    }
    async with asyncio.timeout(3 * PATIENCE), catalog_api(nowhere) as client:
        assert (await client.get("/health")).json() == {"status": "ok"}
        ready = await client.get("/health/ready")
        assert ready.status_code == 503
        assert ready.json() == {
            "status": "unavailable",
            "checks": {"s3": "down", "sqs": "down", "redis": "down", "postgresql": "down"},
        }
        assert_unavailable(await post(client), "storage_unavailable")
        unknown = "/api/catalog/bulk-upload/status/00000000-0000-0000-0000-000000000000"
        assert_unavailable(await client.get(unknown), "status_unavailable")
        items = await client.get("/api/catalog/items", params={"proveedor_id": "PROV001"})
        assert_unavailable(items, "database_unavailable")
        assert (await client.get("/api/catalog/items/bulk-upload/plantilla.csv")).status_code == 200


async def test_readiness_names_the_one_that_is_down(environment: dict[str, str]) -> None:
    async with catalog_api(environment) as client:
        assert (await client.get("/health/ready")).json()["status"] == "ready"
    async with hanging_server() as port:
        url = f"redis://127.0.0.1:{port}/0"
        async with catalog_api({**environment, "REDIS_URL": url, "S3_BUCKET_NAME": "gone"}) as client:
            ready = await client.get("/health/ready")

    assert ready.status_code == 503
    assert ready.json()["checks"] == {"s3": "down", "sqs": "up", "redis": "down", "postgresql": "up"}
