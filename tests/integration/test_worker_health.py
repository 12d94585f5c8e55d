"""What a worker tells over HTTP of itself, of its stores and of its work."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from infra.embedded.ports import free_port
from infra.embedded.stores import Stores
from tests.support.catalog_api import hanging_server
from tests.support.catalogue_files import csv_file, products
from tests.support.interruptions import provider_lock
from tests.support.stores import queue_url, sqs_client
from tests.support.waiting import eventually
from tests.support.worker_process import WorkerProcess, worker_process
from tests.support.worker_shop import put_upload, send
from worker.health import serving_health
from worker.metrics import Metrics

ALL_UP = {"postgresql": "up", "s3": "up", "sqs": "up", "redis": "up"}
Samples = dict[tuple[str, ...], float]


@asynccontextmanager
async def healthy_worker(
    environment: dict[str, str], **variables: str
) -> AsyncIterator[tuple[WorkerProcess, httpx.AsyncClient]]:
    port = free_port()
    async with (
        worker_process(environment, WORKER_HEALTH_PORT=str(port), **variables) as worker,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=20) as client,
    ):
        yield worker, client


async def samples(client: httpx.AsyncClient) -> Samples:
    """Every sample by its name and its labels' values."""
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name.removeprefix("carga_worker_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def test_a_worker_says_that_it_lives_and_can_work(environment: dict[str, str]) -> None:
    async with healthy_worker(environment) as (_, client):
        alive = await client.get("/health")
        assert (alive.status_code, alive.json()) == (200, {"status": "ok"})
        ready = await client.get("/health/ready")
        assert (ready.status_code, ready.json()) == (200, {"status": "ready", "checks": ALL_UP})


@pytest.mark.parametrize("store", ["postgresql", "redis"])
async def test_a_worker_says_which_store_is_away_and_when_it_is_back(
    environment: dict[str, str], stores: Stores, store: str
) -> None:
    server = {"postgresql": stores.postgres, "redis": stores.valkey}[store]
    async with healthy_worker(environment) as (_, client):
        await server.kill()
        ready = await client.get("/health/ready")
        assert ready.status_code == 503
        assert ready.json() == {"status": "unavailable", "checks": ALL_UP | {store: "down"}}
        assert (await samples(client))["store_up", store] == 0
        assert (await client.get("/health")).status_code == 200
        await server.start()

        async def is_ready() -> bool:
            return (await client.get("/health/ready")).status_code == 200

        await eventually(is_ready)
        assert (await samples(client))["store_up", store] == 1


async def test_a_worker_without_bucket_or_queue_is_not_ready(environment: dict[str, str]) -> None:
    missing = {"S3_BUCKET_NAME": "no-such-bucket", "SQS_QUEUE_NAME": "no-such-queue"}
    async with healthy_worker(environment | missing) as (_, client):
        ready = await client.get("/health/ready")
        assert ready.status_code == 503
        assert ready.json()["checks"] == ALL_UP | {"s3": "down", "sqs": "down"}


async def test_a_store_that_hangs_is_down_and_keeps_nobody_waiting(environment: dict[str, str]) -> None:
    async with hanging_server() as port:
        hanging = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}
        async with healthy_worker(environment | hanging) as (_, client):
            ready = await client.get("/health/ready")
            assert ready.json()["checks"] == ALL_UP | {"s3": "down", "sqs": "down"}


async def test_it_counts_tasks_rows_and_batches(environment: dict[str, str]) -> None:
    send(environment, put_upload(environment, csv_file(products(35, faulty_every=10))))
    send(environment, put_upload(environment, b"not,a\ncatalogue,file\n"))
    async with healthy_worker(environment) as (worker, client):
        await worker.has_logged("task_completed")
        await worker.has_logged("task_failed")
        seen = await samples(client)
        batches = worker.events("batch_committed")
    assert seen["tasks_total", "completed"] == 1
    assert seen["tasks_total", "failed"] == 1
    assert seen["rows_total", "successful"] == 32
    assert seen["rows_total", "failed"] == 3
    assert seen["batch_seconds_count",] == len(batches)
    assert seen["batch_seconds_sum",] > 0
    assert all(seen["store_up", store] == 1 for store in ALL_UP)


async def test_it_shows_how_many_slots_are_busy(environment: dict[str, str]) -> None:
    send(environment, put_upload(environment, csv_file(products(20))))
    async with (
        provider_lock(environment["DATABASE_URL"]) as lock,
        healthy_worker(environment, WORKER_CONCURRENCY="3") as (worker, client),
    ):
        await lock.someone_waits()
        seen = await samples(client)
        assert (seen["slots",], seen["slots_busy",]) == (3, 1)
        await lock.release()
        await worker.has_logged("task_completed")

        async def idle() -> bool:
            return (await samples(client))["slots_busy",] == 0

        await eventually(idle)


async def test_it_counts_what_was_given_back_given_up_and_put_right(environment: dict[str, str]) -> None:
    held = put_upload(environment, csv_file(products(20)))
    send(environment, held)
    sqs_client(environment).send_message(QueueUrl=queue_url(environment, "-dlq"), MessageBody="no upload")
    forgotten = {"RECONCILE_EVERY_SECONDS": "0.5", "RECONCILE_AFTER_SECONDS": "1", "WORKER_CONCURRENCY": "2"}
    async with (
        provider_lock(environment["DATABASE_URL"]) as lock,
        healthy_worker(environment, **forgotten) as (worker, client),
    ):
        await lock.someone_waits()
        # a second message of a task that is held is given back
        send(environment, held)
        await worker.has_logged("message_returned")
        await lock.release()
        await worker.has_logged("task_completed")
        put_upload(environment, csv_file(products(3, first=100)))
        await worker.has_logged("reconciled")

        async def counted() -> bool:
            seen = await samples(client)
            return (
                seen.get(("retries_total", "held"), 0) > 0
                and seen["dead_letters_total",] == 1
                and seen.get(("reconciled_total", "uploads_announced"), 0) == 1
            )

        await eventually(counted)


async def test_nothing_is_served_unless_a_port_is_given(environment: dict[str, str]) -> None:
    async with worker_process(environment) as worker:
        assert worker.events("health_served") == []


async def test_an_address_that_is_taken_is_told() -> None:
    async with hanging_server() as port:
        with pytest.raises(OSError, match="in use"):
            async with serving_health("127.0.0.1", port, {}, Metrics()):
                await asyncio.sleep(0)
