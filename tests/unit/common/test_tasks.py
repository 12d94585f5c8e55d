"""Task records in Redis (a real Valkey): written by the newest, whoever comes last."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from common.tasks import FaultGroup, Progress, TaskStatus, TaskStore, task_key
from infra.embedded.stores import Stores
from tests.support.records import task_record
from tests.support.stores import flush_redis


@pytest.fixture
async def redis(stores: Stores) -> AsyncIterator[Redis]:
    await stores.start()
    await flush_redis(stores.valkey.url)
    async with Redis.from_url(stores.valkey.url) as client:
        yield client


async def test_record_comes_back_as_it_was(redis: Redis) -> None:
    stored = task_record(
        status=TaskStatus.FAILED,
        progress=Progress(3, 3, 1, 2),
        fault_groups=[FaultGroup("negative", "stock_minimo", 2, 2), FaultGroup("row_shape", None, 1, 3)],
        notices=[{"code": "encoding_guessed", "params": {"encoding": "cp1252"}}],
        result={"resumen": {"total": 3}},
        error_code="missing_columns",
        error_params={"columns": ["id", "ñ"]},
        completed_at=datetime.now(UTC),
        revision=4,
    )
    store = TaskStore(redis)
    assert await store.put(stored)
    assert await store.get(stored.task_id) == stored
    assert await redis.exists(f"bulk_upload_task:{stored.task_id}")
    assert 86_300 < await redis.ttl(task_key(stored.task_id)) <= 86_400


async def test_record_of_an_older_version_is_understood(redis: Redis) -> None:
    stored = task_record(status=TaskStatus.PROCESSING, progress=Progress(3, 1, 1, 0), revision=4)
    added_since = ("fault_groups", "columns", "notices", "facts")
    old = {name: value for name, value in msgspec.to_builtins(stored).items() if name not in added_since}
    await redis.set(task_key(stored.task_id), json.dumps(old))
    assert await TaskStore(redis).get(stored.task_id) == stored


async def test_lower_revision_writes_nothing(redis: Redis) -> None:
    store, late = TaskStore(redis), task_record(revision=2)
    newer = msgspec.structs.replace(late, status=TaskStatus.PROCESSING, revision=3)
    assert await store.put(newer)
    assert not await store.put(late)
    assert await store.get(late.task_id) == newer


async def test_same_revision_may_be_written_again(redis: Redis) -> None:
    store, stored = TaskStore(redis), task_record(revision=2)
    assert await store.put(stored)
    assert await store.put(stored)


@pytest.mark.parametrize("rubbish", [b"", b"{", b"null", b"[]", b'{"revision": "x"}', b"\xff\xfe"])
async def test_rubbish_is_no_record_and_gives_way(redis: Redis, rubbish: bytes) -> None:
    store, stored = TaskStore(redis), task_record()
    await redis.set(task_key(stored.task_id), rubbish)
    assert await store.get(stored.task_id) is None
    assert await store.put(stored)
    assert await store.get(stored.task_id) == stored


async def test_progress_never_goes_backwards_whoever_writes_when(redis: Redis) -> None:
    """Twenty revisions, each written several times in a random order; a reader only ever sees them grow."""
    store, first = TaskStore(redis), task_record()
    task_id = first.task_id
    revisions = [
        msgspec.structs.replace(
            first, status=TaskStatus.PROCESSING, progress=Progress(200, n, n, 0), revision=n
        )
        for n in range(20)
    ] * 3
    random.Random(7).shuffle(revisions)  # noqa: S311  # an order, not a secret
    seen: list[int] = []

    async def watch() -> None:
        while not seen or seen[-1] < 19:
            current = await store.get(task_id)
            if current is not None:
                seen.append(current.revision)
            await asyncio.sleep(0)

    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        group.create_task(watch())
        for revision in revisions:
            group.create_task(store.put(revision))
    assert seen == sorted(seen)


async def test_forgotten_record_is_gone(redis: Redis) -> None:
    store, stored = TaskStore(redis), task_record(revision=9)
    await store.put(stored)
    await store.delete(stored.task_id)
    assert await store.get(stored.task_id) is None
    assert await store.put(task_record(task_id=stored.task_id))


async def test_scripts_are_loaded_again_after_redis_forgot_them(redis: Redis) -> None:
    store = TaskStore(redis)
    assert await store.put(task_record())
    await redis.script_flush()
    assert await store.put(task_record())


async def test_dead_redis_is_an_error_of_redis(stores: Stores) -> None:
    await stores.valkey.kill()
    async with Redis.from_url(stores.valkey.url, retry=None) as client:
        store, stored = TaskStore(client), task_record()
        for call in (store.get(stored.task_id), store.put(stored), store.delete(stored.task_id)):
            with pytest.raises(RedisError):
                await call
    await stores.valkey.start()


def test_times_are_utc_in_the_stored_json() -> None:
    stored = task_record(updated_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    assert json.loads(msgspec.json.encode(stored))["updated_at"] == "2026-01-02T03:04:05Z"


def test_age_is_counted_from_the_last_change() -> None:
    assert task_record(updated_at=datetime.now(UTC) - timedelta(minutes=1)).age_seconds() >= 60


@pytest.mark.parametrize(
    ("status", "over"),
    [("pending", False), ("processing", False), ("completed", True), ("failed", True), ("cancelled", True)],
)
def test_terminal(status: str, over: bool) -> None:
    assert TaskStatus(status).is_terminal is over
