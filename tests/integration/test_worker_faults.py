"""A worker in a world that fails: whatever breaks between two of its steps, it goes on where it was."""

import signal
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from redis.asyncio import Redis

from common.messages import UploadMessage
from common.tasks import TaskStatus
from infra.embedded.stores import Stores
from tests.reference import Catalogue
from tests.support.catalog_api import catalog_api, post
from tests.support.catalogue_files import Row, csv_file, expected_outcome, products, products_in
from tests.support.faulty_proxy import Fault, FaultyProxy, leading_through
from tests.support.interruptions import ProviderLock, provider_lock
from tests.support.stores import queue_url, sqs_client
from tests.support.waiting import eventually
from tests.support.worker_process import WorkerProcess, worker_process
from tests.support.worker_shop import (
    account_of,
    all_is_handled,
    put_upload,
    redis_record,
    send,
)

#: Five batches, two rows of each are rejected.
ROWS = products(50, faulty_every=5)
BATCHES = [(11, 10), (21, 10), (31, 10), (41, 10), (51, 10)]


async def assert_imported_once(database_url: str, upload: UploadMessage, rows: Sequence[Row] = ROWS) -> None:
    """Assert that ledger and products are those of one import from end to end, whatever came in between."""
    connection = await asyncpg.connect(database_url)
    account = await account_of(connection, upload)
    catalogue = Catalogue()
    outcome = expected_outcome(catalogue, upload, rows)
    assert account.record.status is TaskStatus.COMPLETED
    assert account.resumen == outcome.resumen
    assert [(error.fila, error.faults) for error in account.errors] == outcome.rejected
    assert account.outputs == outcome.created
    assert sum(size for _, size in account.batches) == len(rows)
    assert await products_in(connection, upload.proveedor_id) == catalogue.products(upload.proveedor_id)
    await connection.close()


async def workers_of(connection: asyncpg.Connection, upload: UploadMessage) -> set[str]:
    """Who attempted it; one name stands for one delivery of the message at one worker."""
    rows = await connection.fetch("SELECT worker FROM task_attempts WHERE task_id = $1", upload.task_id)
    return {row["worker"] for row in rows}


async def two_batches_pass(lock: ProviderLock) -> None:
    """Let two batches be committed; the third then stands in the middle of its transaction."""
    for _ in range(2):
        await lock.someone_waits()
        await lock.step()
    await lock.someone_waits()


class TestPostgresql:
    """It goes in mid-import, and comes back."""

    @pytest.mark.parametrize("gently", [True, False], ids=["restarted", "killed"])
    async def test_the_import_goes_on_in_place(
        self, environment: dict[str, str], database_url: str, stores: Stores, gently: bool
    ) -> None:
        upload = put_upload(environment, csv_file(ROWS))
        async with worker_process(environment) as worker:
            async with provider_lock(database_url) as lock:
                send(environment, upload)
                await two_batches_pass(lock)
                await (stores.postgres.stop() if gently else stores.postgres.kill())
            await worker.has_logged("store_is_down")
            await stores.postgres.start()
            await all_is_handled(environment)
        await assert_imported_once(database_url, upload)
        connection = await asyncpg.connect(database_url)
        account = await account_of(connection, upload)
        assert account.batches == BATCHES
        # nothing that was committed was read again (a server that ends its sessions may end the one that held
        # the lock first, and the third batch is committed yet), and the message never went back to the queue
        assert [start for _, start, _ in account.attempts][-1] in ((21, 31) if gently else (21,))
        assert account.attempts[-1][2] == "completed"
        assert len(await workers_of(connection, upload)) == 1
        await connection.close()

    @pytest.mark.parametrize("fault", [Fault.LOST_ANSWER, Fault.RESET])
    async def test_whichever_commit_gets_no_answer(
        self, environment: dict[str, str], database_url: str, fault: Fault
    ) -> None:
        """Of the claim, of each batch, of the end: it took place or it did not, and the cursor tells."""
        proxy = FaultyProxy(database_url, b"COMMIT;", fault, which=lambda _: False)
        commits = 1 + len(BATCHES) + 1
        async with (
            proxy.serve() as url,
            worker_process(
                {**environment, "DATABASE_URL": leading_through(url, database_url)}, WORKER_CONCURRENCY="1"
            ),
        ):
            for number in range(1, commits + 1):
                upload = put_upload(environment, csv_file(ROWS), proveedor_id=f"P{number}")
                proxy.came, proxy.which = 0, number.__eq__
                send(environment, upload)
                await all_is_handled(environment)
                assert proxy.spoiled == number
                await assert_imported_once(database_url, upload)
                assert await redis_record(environment, upload.task_id) == await ledger_record(
                    database_url, upload
                )

    async def test_a_worker_that_is_cut_off_holds_nobody_up(
        self, environment: dict[str, str], database_url: str, connection: asyncpg.Connection
    ) -> None:
        """In the middle of a COPY, and without a reset: its session keeps the locks of task and provider."""
        rows = products(1500)
        for end in (500, 1000, 1500):
            # a key that comes twice: the batch is folded, and copied by the session that holds the locks
            rows[end - 1] = {**rows[end - 2], "nombre": "Repetido"}
        # far enough behind the COPY for the statement itself to arrive
        for row in rows[1000:1450]:
            row["nombre"] = "n" * 250
        for row in rows[1450:1499]:
            row["nombre"] = "AQUI SE CORTA"
        first, second = (put_upload(environment, csv_file(rows)) for _ in range(2))
        proxy = FaultyProxy(database_url, b"AQUI SE CORTA", Fault.HANG, for_good=True)
        batches = {"WORKER_CONCURRENCY": "1", "PROGRESS_EVERY_ROWS": "500", "BATCH_MAX_ROWS": "500"}
        async with proxy.serve() as url:
            cut_off = {**environment, "DATABASE_URL": leading_through(url, database_url)}
            send(environment, first)
            async with worker_process(cut_off, **batches) as worker:

                async def it_is() -> bool:
                    return proxy.spoiled > 0

                await eventually(it_is)
                await worker.kill()
            send(environment, second)
            async with worker_process(environment, **batches) as other:
                await all_is_handled(environment)
                assert other.events("deserted_sessions_ended")
        account = await account_of(connection, first)
        assert account.record.status is TaskStatus.COMPLETED
        assert account.attempts == [(1, 0, "lost"), (2, 1001, "completed")]
        assert account.batches == [(501, 500), (1001, 500), (1501, 500)]
        assert (await account_of(connection, second)).record.status is TaskStatus.COMPLETED
        # whichever was first created them, and the other was told so
        assert len(await products_in(connection, "PROV001")) == 1497


class TestFrozen:
    """SIGSTOP past the lease, and SIGCONT: another has taken over."""

    async def test_a_worker_that_wakes_too_late_does_no_harm(
        self, environment: dict[str, str], database_url: str, connection: asyncpg.Connection
    ) -> None:
        upload = put_upload(environment, csv_file(ROWS))
        async with worker_process(environment, WORKER_CONCURRENCY="1") as frozen:
            async with provider_lock(database_url) as lock:
                send(environment, upload)
                await two_batches_pass(lock)
                frozen.send(signal.SIGSTOP)
            # its session has the locks now, and nobody is there to go on
            async with worker_process(environment, WORKER_CONCURRENCY="1"):
                await all_is_handled(environment)
                before = await account_of(connection, upload)
            frozen.send(signal.SIGCONT)
            await frozen.has_logged("store_failed")
            await self._it_takes_work_again(environment, frozen)
        assert await account_of(connection, upload) == before
        assert before.attempts[-1][1:] == (21, "completed")
        assert before.batches == BATCHES
        await assert_imported_once(database_url, upload)

    async def _it_takes_work_again(self, environment: dict[str, str], worker: WorkerProcess) -> None:
        send(environment, put_upload(environment, csv_file(ROWS), proveedor_id="ANOTHER"))
        await all_is_handled(environment)
        assert worker.events("task_completed")


class TestS3:
    """It goes while the worker lives."""

    async def test_a_file_that_cannot_be_had_is_asked_for_again(
        self, environment: dict[str, str], database_url: str, connection: asyncpg.Connection
    ) -> None:
        upload = put_upload(environment, csv_file(ROWS))
        proxy = FaultyProxy(environment["AWS_ENDPOINT_URL"], b"GET /", Fault.RESET, which=lambda n: n <= 4)
        async with (
            proxy.serve() as url,
            worker_process({**environment, "AWS_ENDPOINT_URL": url}, WORKER_CONCURRENCY="1"),
        ):
            send(environment, upload)
            await all_is_handled(environment)
        assert proxy.spoiled == 4
        await assert_imported_once(database_url, upload)
        *failed, last = [outcome for *_, outcome in (await account_of(connection, upload)).attempts]
        assert (set(failed), last) == ({"retry"}, "completed")
        assert len(await workers_of(connection, upload)) == 1

    async def test_once_it_has_the_file_it_needs_s3_no_more(
        self, environment: dict[str, str], database_url: str
    ) -> None:
        """What LocalStack loses with its end harms no import that is under way."""
        upload = put_upload(environment, csv_file(ROWS))
        proxy = FaultyProxy(environment["AWS_ENDPOINT_URL"], b" /" + upload.s3_bucket.encode(), None)
        async with (
            proxy.serve() as url,
            worker_process({**environment, "AWS_ENDPOINT_URL": url}),
            provider_lock(database_url) as lock,
        ):
            send(environment, upload)
            await two_batches_pass(lock)
            proxy.fault = Fault.RESET
            await lock.release()
            await all_is_handled(environment)
        await assert_imported_once(database_url, upload)


class TestGate:
    """No message is taken while what it needs is down: each delivery counts towards the dead letters."""

    @pytest.mark.parametrize("store", ["postgresql", "s3"])
    async def test_it_is_closed_while_a_store_is_down(
        self, environment: dict[str, str], database_url: str, store: str
    ) -> None:
        name, marker = {"postgresql": ("DATABASE_URL", b""), "s3": ("AWS_ENDPOINT_URL", b"HEAD /")}[store]
        proxy = FaultyProxy(environment[name], marker, None)
        upload = put_upload(environment, csv_file(ROWS))
        async with (
            proxy.serve() as url,
            worker_process(
                {**environment, name: leading_through(url, environment[name])}, WORKER_CONCURRENCY="1"
            ) as worker,
        ):
            proxy.fault = Fault.RESET
            await worker.has_logged("store_is_down")
            send(environment, upload)
            await self._it_keeps_knocking(proxy)
            assert deliveries(environment) == 1, "that was ours"
            await self._it_keeps_knocking(proxy)
            assert deliveries(environment) == 2, "and that"
            assert worker.events("task_started") == []
            proxy.fault = None
            await all_is_handled(environment)
            assert worker.events("store_is_back")
        await assert_imported_once(database_url, upload)

    async def _it_keeps_knocking(self, proxy: FaultyProxy) -> None:
        before = proxy.spoiled

        async def it_does() -> bool:
            return proxy.spoiled >= before + 6

        await eventually(it_does, seconds=60)


def deliveries(environment: Mapping[str, str]) -> int:
    """How often the one message of the queue has been delivered, to us just now included."""
    names: list[Any] = ["ApproximateReceiveCount"]
    answer = sqs_client(environment).receive_message(
        QueueUrl=queue_url(environment),
        VisibilityTimeout=0,
        WaitTimeSeconds=0,
        MessageSystemAttributeNames=names,
    )
    return int(answer["Messages"][0]["Attributes"]["ApproximateReceiveCount"])


class TestRedis:
    """It only repeats what the ledger says: an import never waits for it."""

    async def test_one_that_hangs_is_asked_a_few_times_in_a_whole_import(
        self, environment: dict[str, str]
    ) -> None:
        """A worker that waited for it would ask once a batch."""
        proxy = FaultyProxy(environment["REDIS_URL"], b"EVALSHA", Fault.HANG)
        async with catalog_api(environment, status_stale_seconds=0) as api, proxy.serve() as url:
            accepted = (await post(api, csv_file(products(300)))).json()
            through = {**environment, "REDIS_URL": leading_through(url, environment["REDIS_URL"])}
            async with worker_process(through) as worker:
                await all_is_handled(environment)
                assert len(worker.events("batch_committed")) == 30
                assert worker.events("task_record_not_written")
            assert proxy.spoiled <= 10
            await self._the_status_is_right(api, accepted["status_url"], environment)

    async def test_one_that_is_gone(
        self, environment: dict[str, str], database_url: str, stores: Stores
    ) -> None:
        async with catalog_api(environment, status_stale_seconds=0) as api:
            async with provider_lock(database_url) as lock, worker_process(environment) as worker:
                accepted = (await post(api, csv_file(products(50)))).json()
                await two_batches_pass(lock)
                await stores.valkey.kill()
                await lock.release()
                await all_is_handled(environment)
                assert (await api.get(accepted["status_url"])).json()["progress"]["processed"] == 50
                assert worker.events("store_failed") == []
                await stores.valkey.start()
            await self._the_status_is_right(api, accepted["status_url"], environment)

    async def _the_status_is_right(
        self, api: httpx.AsyncClient, status_url: str, environment: dict[str, str]
    ) -> None:
        body = (await api.get(status_url)).json()
        assert body["status"] == "completed"
        assert body["result"]["resumen"]["exitosos"] == body["progress"]["total"]
        repaired = await redis_record(environment, UUID(body["task_id"]))
        assert repaired is not None
        assert repaired.status is TaskStatus.COMPLETED

    async def test_one_that_forgets_everything_in_mid_import(
        self, environment: dict[str, str], database_url: str
    ) -> None:
        upload = put_upload(environment, csv_file(ROWS))
        async with worker_process(environment), provider_lock(database_url) as lock:
            send(environment, upload)
            await two_batches_pass(lock)
            async with Redis.from_url(environment["REDIS_URL"]) as redis:
                await redis.flushall()
            await lock.release()
            await all_is_handled(environment)
        assert await redis_record(environment, upload.task_id) == await ledger_record(database_url, upload)


async def ledger_record(database_url: str, upload: UploadMessage) -> Any:
    connection = await asyncpg.connect(database_url)
    try:
        record = (await account_of(connection, upload)).record
    finally:
        await connection.close()
    return record
