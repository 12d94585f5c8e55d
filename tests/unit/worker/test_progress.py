"""Publishing progress: the newest record, without waiting for Redis, and the last one in any case."""

import asyncio
from uuid import UUID

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from common.tasks import Progress as Rows
from common.tasks import TaskRecord, TaskStatus, TaskStore
from tests.support.worker_shop import NOON
from worker.progress import progress_of


class SlowStore(TaskStore):
    """Takes a record when it is let to, and remembers it; raises ``fault`` instead when there is one."""

    def __init__(self) -> None:
        self.may_write = asyncio.Event()
        self.asked = asyncio.Event()
        self.written: list[int] = []
        self.fault: Exception | None = None

    async def put(self, record: TaskRecord) -> bool:
        self.asked.set()
        await self.may_write.wait()
        if self.fault is not None:
            raise self.fault
        self.written.append(record.revision)
        return True


def record(revision: int) -> TaskRecord:
    return TaskRecord(
        task_id=UUID(int=1),
        kind="catalog",
        status=TaskStatus.PROCESSING,
        filename="productos.csv",
        proveedor_id="PROV001",
        created_at=NOON,
        updated_at=NOON,
        progress=Rows(100, 10, 10, 0),
        revision=revision,
    )


async def test_what_piled_up_while_redis_was_slow_is_skipped() -> None:
    store = SlowStore()
    async with progress_of(store) as progress:
        progress.publish(record(1))
        await store.asked.wait()
        for revision in (2, 3, 4):
            progress.publish(record(revision))
        store.may_write.set()
    assert store.written == [1, 4]


async def test_the_last_record_is_written_though_the_end_comes_in_the_middle_of_it() -> None:
    store = SlowStore()

    async def complete() -> None:
        async with progress_of(store) as progress:
            progress.publish(record(7))
            await store.asked.wait()

    completing = asyncio.create_task(complete())
    await store.asked.wait()
    store.may_write.set()
    await completing
    assert store.written == [7]


async def test_the_last_record_is_written_though_an_error_ends_the_task() -> None:
    store = SlowStore()
    store.may_write.set()
    with pytest.raises(ZeroDivisionError):
        await _publish_and_fail(store)
    assert store.written == [2]


async def _publish_and_fail(store: TaskStore) -> None:
    async with progress_of(store) as progress:
        progress.publish(record(2))
        raise ZeroDivisionError


@pytest.mark.parametrize("fault", [RedisConnectionError("gone"), OSError(), TimeoutError()])
async def test_a_redis_at_fault_stops_nothing(fault: Exception) -> None:
    store = SlowStore()
    store.may_write.set()
    store.fault = fault
    async with progress_of(store) as progress:
        progress.publish(record(1))
        await store.asked.wait()
        store.fault = None
        progress.publish(record(2))
    assert store.written == [2]
