"""Retries under an Idempotency-Key: the same task, whatever was lost meanwhile, and never two."""

import asyncio
from typing import Any

import asyncpg
import pytest
from redis.asyncio import Redis

from catalog_service.parts import PART_BYTES
from common.messages import UploadMessage
from common.tasks import TaskStatus
from tests.support.catalog_api import (
    CSV,
    assert_problem,
    catalog_api,
    hanging_server,
    objects,
    post,
    received,
    unfinished,
)
from tests.support.ledger_rows import insert_task
from tests.support.stores import flush_redis, queue_url, sqs_client

KEY = {"Idempotency-Key": "pedido-2024/0001"}


def uploads(environment: dict[str, str]) -> list[UploadMessage]:
    return [UploadMessage.from_body(message["Body"]) for message in received(environment)]


@pytest.mark.parametrize("content", [CSV, b"x" * (PART_BYTES + 9)], ids=["put whole", "put in parts"])
async def test_retry_finds_its_task_after_redis_was_wiped(
    environment: dict[str, str], content: bytes
) -> None:
    async with catalog_api(environment) as client:
        first = await post(client, content, headers=KEY)
        await flush_redis(environment["REDIS_URL"])
        second = await post(client, content, headers=KEY)
        status = await client.get(second.json()["status_url"])

    assert (first.status_code, second.status_code) == (202, 202)
    assert second.json() == first.json()
    assert len(objects(environment)) == 1
    assert unfinished(environment) == 0
    assert status.json()["status"] == "pending"
    sent = uploads(environment)
    assert sent
    # whichever of its messages comes first, the task has one place among the provider's uploads
    assert all(message == sent[0] for message in sent)


async def test_retry_announces_an_upload_whose_message_was_lost(environment: dict[str, str]) -> None:
    async with catalog_api(environment) as client:
        await post(client, headers=KEY)
        sqs_client(environment).purge_queue(QueueUrl=queue_url(environment))
        second = await post(client, headers=KEY)

    assert [str(message.task_id) for message in uploads(environment)] == [second.json()["task_id"]]


@pytest.mark.parametrize("content", [CSV + b"2,Otro,A2\n", CSV.replace(b"1", b"3"), b"x" * (PART_BYTES + 1)])
async def test_other_content_under_the_key(environment: dict[str, str], content: bytes) -> None:
    async with catalog_api(environment) as client:
        await post(client, headers=KEY)
        await flush_redis(environment["REDIS_URL"])
        response = await post(client, content, headers=KEY)

    assert_problem(response, 422, "idempotency_key_reused")
    assert list(objects(environment).values()) == [CSV]
    assert unfinished(environment) == 0
    assert len(uploads(environment)) == 1


@pytest.mark.parametrize("parameter", ["reemplazar_duplicados", "validar"])
async def test_other_parameters_under_the_key(environment: dict[str, str], parameter: str) -> None:
    async with catalog_api(environment) as client:
        first = await post(client, headers=KEY)
        refused = await post(client, CSV, headers=KEY, **{parameter: "true"})
        again = await post(client, CSV, headers=KEY, **{parameter: "false"})

    assert_problem(refused, 422, "idempotency_key_reused")
    assert again.json() == first.json()


async def test_key_belongs_to_its_provider(environment: dict[str, str]) -> None:
    async with catalog_api(environment) as client:
        first = await post(client, headers=KEY)
        second = await post(client, CSV + b"2,Otro,A2\n", headers=KEY, proveedor_id="PROV002")

    assert second.status_code == 202
    assert first.json()["task_id"] != second.json()["task_id"]


@pytest.mark.parametrize("content", [CSV, b"x" * (PART_BYTES + 9)], ids=["put whole", "put in parts"])
async def test_requests_at_the_same_time_are_one_task(environment: dict[str, str], content: bytes) -> None:
    async with catalog_api(environment) as client:
        answers = await asyncio.gather(*(post(client, content, headers=KEY) for _ in range(4)))

    assert [answer.status_code for answer in answers] == [202] * 4
    assert len({answer.json()["task_id"] for answer in answers}) == 1
    assert len(objects(environment)) == 1
    assert unfinished(environment) == 0
    sent = uploads(environment)
    assert sent
    assert all(message == sent[0] for message in sent)


@pytest.mark.parametrize("size", [0, PART_BYTES], ids=["put whole", "put in parts"])
async def test_different_contents_at_the_same_time(environment: dict[str, str], size: int) -> None:
    async with catalog_api(environment) as client:
        contents = [b"x" * size + b"%d,Otro,B%d\n" % (n, n) for n in range(4)]
        answers = await asyncio.gather(*(post(client, content, headers=KEY) for content in contents))

    assert sorted(answer.status_code for answer in answers) == [202, 422, 422, 422]
    winner = next(
        content for content, answer in zip(contents, answers, strict=True) if answer.status_code == 202
    )
    assert list(objects(environment).values()) == [winner]


@pytest.mark.parametrize("status", [TaskStatus.PROCESSING, TaskStatus.COMPLETED])
async def test_retry_of_a_task_that_a_worker_has_sends_nothing(
    environment: dict[str, str], status: TaskStatus
) -> None:
    async with catalog_api(environment) as client:
        first = await post(client, headers=KEY)
        sqs_client(environment).purge_queue(QueueUrl=queue_url(environment))
        connection: asyncpg.Connection = await asyncpg.connect(environment["DATABASE_URL"])
        await insert_task(connection, first.json()["task_id"], status=status)
        await connection.close()
        await flush_redis(environment["REDIS_URL"])
        second = await post(client, headers=KEY)
        shown = await client.get(second.json()["status_url"])

    assert second.json() == first.json()
    assert received(environment) == []
    assert shown.json()["status"] == status


async def test_retry_without_redis_and_postgresql(environment: dict[str, str]) -> None:
    """Nobody knows whether a worker has it: it is announced again, and nothing is claimed about it."""
    async with catalog_api(environment) as client:
        first = await post(client, headers=KEY)
    await flush_redis(environment["REDIS_URL"])
    sqs_client(environment).purge_queue(QueueUrl=queue_url(environment))
    async with hanging_server() as port:
        down: dict[str, Any] = {
            "redis_url": f"redis://127.0.0.1:{port}/0",
            "database_url": f"postgresql://u@127.0.0.1:{port}/d",
            "database_timeout_seconds": 0.3,
        }
        async with catalog_api(environment, **down) as client:
            second = await post(client, headers=KEY)

    assert second.status_code == 202
    assert second.json() == first.json()
    assert len(uploads(environment)) == 1
    async with Redis.from_url(environment["REDIS_URL"]) as redis:
        assert await redis.dbsize() == 0
