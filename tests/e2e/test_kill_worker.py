"""A worker killed at any point of an import costs nothing: another one brings it to the same end.

The points are found by locks and by watching stores, never by a clock.
"""

import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol
from uuid import uuid4

import asyncpg
import pytest

from tests.reference import Catalogue
from tests.support.catalogue_files import csv_file, expected_outcome, products, products_in
from tests.support.faulty_proxy import Fault, FaultyProxy
from tests.support.interruptions import ProviderLock, StandStill, provider_lock
from tests.support.processes import is_gone, reader_children
from tests.support.undisturbed import ROWS, assert_undisturbed
from tests.support.waiting import eventually
from tests.support.worker_process import worker_process
from tests.support.worker_shop import account_of, all_is_handled, put_upload, send


class Point(Protocol):
    """Where a worker stands until it is killed."""

    async def somebody_is_there(self) -> None: ...

    async def end(self) -> None: ...


class _Deleting:
    """The worker asks the queue to delete the message, and gets no answer."""

    def __init__(self, proxy: FaultyProxy) -> None:
        self._proxy = proxy

    async def somebody_is_there(self) -> None:
        await eventually(self._is_there)

    async def _is_there(self) -> bool:
        return self._proxy.spoiled > 0

    async def end(self) -> None:
        """The request was swallowed; there is nobody to let go."""


class _BetweenBatches:
    """Three batches are committed, and the fourth waits."""

    def __init__(self, lock: ProviderLock) -> None:
        self._lock = lock

    async def somebody_is_there(self) -> None:
        for _ in range(3):
            await self._lock.someone_waits()
            await self._lock.step()
        await self._lock.someone_waits()

    async def end(self) -> None:
        await self._lock.release()


#: A point, and the URL at which the worker is to look for SQS and S3.
At = AbstractAsyncContextManager[tuple[Point, str]]
PointOf = Callable[[Mapping[str, str]], At]


@asynccontextmanager
async def _stand_still(
    environment: Mapping[str, str], event: str, table: str, condition: str
) -> AsyncIterator[tuple[Point, str]]:
    async with StandStill.before(environment["DATABASE_URL"], event, table, condition) as point:
        yield point, environment["AWS_ENDPOINT_URL"]


def before_the_first_batch(environment: Mapping[str, str]) -> At:
    """It has claimed the task and read the file."""
    return _stand_still(environment, "UPDATE", "tasks", "OLD.sha256 IS DISTINCT FROM NEW.sha256")


def in_the_middle_of_a_batch(environment: Mapping[str, str]) -> At:
    """It has written the products of its fourth batch, and not yet committed them."""
    return _stand_still(environment, "INSERT", "task_batches", "NEW.cursor = 41")


@asynccontextmanager
async def between_two_batches(environment: Mapping[str, str]) -> AsyncIterator[tuple[Point, str]]:
    """It has committed three batches and not yet looked at the products of the fourth."""
    async with provider_lock(environment["DATABASE_URL"]) as lock:
        yield _BetweenBatches(lock), environment["AWS_ENDPOINT_URL"]


def before_the_completion(environment: Mapping[str, str]) -> At:
    """It has committed the last batch."""
    return _stand_still(environment, "UPDATE", "tasks", "NEW.status = 'completed'")


@asynccontextmanager
async def before_the_message_is_deleted(environment: Mapping[str, str]) -> AsyncIterator[tuple[Point, str]]:
    """It has completed the task."""
    proxy = FaultyProxy(environment["AWS_ENDPOINT_URL"], b"AmazonSQS.DeleteMessage", Fault.HANG)
    async with proxy.serve() as url:
        yield _Deleting(proxy), url


@pytest.mark.parametrize(
    "point_of",
    [
        before_the_first_batch,
        in_the_middle_of_a_batch,
        between_two_batches,
        before_the_completion,
        before_the_message_is_deleted,
    ],
    ids=lambda point: point.__name__,
)
async def test_a_killed_worker_costs_nothing(
    environment: dict[str, str], connection: asyncpg.Connection, point_of: PointOf
) -> None:
    upload = put_upload(environment, csv_file(ROWS), reemplazar_duplicados=True)
    send(environment, upload)
    async with point_of(environment) as (point, aws_url):
        async with worker_process(environment, AWS_ENDPOINT_URL=aws_url) as worker:
            await point.somebody_is_there()
            await worker.kill()
        await point.end()
    async with worker_process(environment):
        await all_is_handled(environment)
    account = await account_of(connection, upload)
    await assert_undisturbed(environment, connection, upload)
    is_over = point_of is before_the_message_is_deleted
    assert [outcome for *_, outcome in account.attempts] == (
        ["completed"] if is_over else ["lost", "completed"]
    )


async def test_a_killed_worker_takes_its_reader_along(environment: dict[str, str]) -> None:
    # more rows than may wait for a worker that stands still
    send(environment, put_upload(environment, csv_file(products(40_000))))
    async with (
        provider_lock(environment["DATABASE_URL"]) as lock,
        worker_process(environment) as worker,
    ):
        await lock.someone_waits()
        (reader,) = reader_children(worker.pid)
        await worker.kill()
        await eventually(lambda: is_gone(reader))


async def test_a_frozen_worker_that_wakes_up_late_does_no_harm(
    environment: dict[str, str], connection: asyncpg.Connection
) -> None:
    """It holds the locks of a batch while it is frozen, and its connection is alive: only the server can end
    that."""
    upload = put_upload(environment, csv_file(ROWS), reemplazar_duplicados=True)
    send(environment, upload)
    async with (
        in_the_middle_of_a_batch(environment) as (point, _),
        worker_process(environment) as frozen,
    ):
        await point.somebody_is_there()
        frozen.send(signal.SIGSTOP)
        await point.end()
        async with worker_process(environment):
            await all_is_handled(environment)
        before = await account_of(connection, upload)
        frozen.send(signal.SIGCONT)
        await frozen.logged("task_lost", "task_ended_elsewhere", "store_failed")
        frozen.send(signal.SIGTERM)
        assert await frozen.ended() == 0
    account = await account_of(connection, upload)
    assert account == before
    assert [outcome for *_, outcome in account.attempts] == ["lost", "completed"]
    await assert_undisturbed(environment, connection, upload)


async def test_two_workers_and_messages_that_come_several_times(
    environment: dict[str, str], connection: asyncpg.Connection
) -> None:
    uploads = [
        put_upload(
            environment,
            csv_file(ROWS),
            reemplazar_duplicados=True,
            proveedor_id=f"PROV{number}",
            task_id=uuid4(),
        )
        for number in range(4)
    ]
    for upload in [*uploads, *uploads, *uploads]:
        send(environment, upload)
    async with worker_process(environment), worker_process(environment):
        await all_is_handled(environment)
    for upload in uploads:
        account = await account_of(connection, upload)
        assert [outcome for *_, outcome in account.attempts] == ["completed"]
        catalogue = Catalogue()
        outcome = expected_outcome(catalogue, upload, ROWS)
        assert (account.resumen, account.outputs) == (outcome.resumen, outcome.created)
        assert await products_in(connection, upload.proveedor_id) == catalogue.products(upload.proveedor_id)
