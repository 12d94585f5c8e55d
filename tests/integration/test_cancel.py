"""Calling an upload off: before a worker has it, while one works on it, too late, and at the same moment."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from bff.main import create_app
from bff.settings import Settings
from common.messages import UploadMessage
from common.tasks import Progress, TaskStatus
from infra.embedded.ports import free_port
from infra.embedded.stores import Stores
from tests.support.catalog_api import assert_problem, catalog_api, catalog_process, hanging_server, post
from tests.support.catalogue_files import csv_file, products, products_in
from tests.support.interruptions import provider_lock, waits_for
from tests.support.ledger_rows import insert_task
from tests.support.serving import serving
from tests.support.stores import flush_redis
from tests.support.worker_process import worker_process
from tests.support.worker_shop import (
    account_of,
    all_is_handled,
    put_upload,
    redis_record,
    send,
    workshop,
)
from worker import ledger
from worker.ledger import Claim, Fenced, Over
from worker.outcomes import Done
from worker.process import process_upload
from worker.reading import Reading

STATUS = "/api/catalog/bulk-upload/status"


def cancel_url(task_id: UUID | str) -> str:
    return f"/api/catalog/bulk-upload/{task_id}/cancel"


@pytest.fixture
async def api(environment: dict[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    async with catalog_api(environment) as client:
        yield client


async def claim(connection: asyncpg.Connection, upload: UploadMessage) -> Claim | ledger.Held | Over:
    return await ledger.claim(
        connection, upload, owner="worker-1/1", lease_seconds=60, correlation_id="correlation-1"
    )


class TestPending:
    """No worker has seen it."""

    async def test_it_never_starts_and_its_message_goes(
        self, environment: dict[str, str], api: httpx.AsyncClient, connection: asyncpg.Connection
    ) -> None:
        accepted = (await post(api, csv_file(products(30)))).json()
        answer = await api.post(cancel_url(accepted["task_id"]))
        assert answer.status_code == 200
        body = answer.json()
        assert (body["status"], body["task_id"]) == ("cancelled", accepted["task_id"])
        assert body["progress"] == {"total": 0, "processed": 0, "successful": 0, "failed": 0}
        assert (body["result"], body["error"], body["filename"]) == (None, None, accepted["filename"])
        assert body["completed_at"] is not None
        async with worker_process(environment) as worker:
            await all_is_handled(environment)
            assert worker.events("task_started") == []
        assert (await api.get(accepted["status_url"])).json() == body
        assert await products_in(connection, "PROV001") == []
        assert await connection.fetchval("SELECT count(*) FROM task_attempts") == 0

    async def test_the_same_key_does_not_bring_it_back(
        self, environment: dict[str, str], api: httpx.AsyncClient
    ) -> None:
        key = {"Idempotency-Key": "k1"}
        accepted = (await post(api, csv_file(products(10)), headers=key)).json()
        assert (await api.post(cancel_url(accepted["task_id"]))).status_code == 200
        again = await post(api, csv_file(products(10)), headers=key)
        assert (again.status_code, again.json()["task_id"]) == (202, accepted["task_id"])
        async with worker_process(environment):
            await all_is_handled(environment)
        assert (await api.get(accepted["status_url"])).json()["status"] == "cancelled"

    async def test_redis_is_not_needed(self, environment: dict[str, str]) -> None:
        upload = put_upload(environment, csv_file(products(10)))
        nobody = f"redis://127.0.0.1:{free_port()}/0"
        async with catalog_api(environment, redis_url=nobody) as api:
            assert (await api.post(cancel_url(upload.task_id))).json()["status"] == "cancelled"
            assert (await api.get(f"{STATUS}/{upload.task_id}")).json()["status"] == "cancelled"


class TestRunning:
    """A worker is in the middle of it."""

    async def test_it_stops_at_the_next_batch_with_what_was_committed(
        self, environment: dict[str, str], connection: asyncpg.Connection
    ) -> None:
        upload = put_upload(environment, csv_file(products(60, faulty_every=4)))
        async with (
            catalog_api(environment, database_timeout_seconds=60) as api,
            worker_process(environment),
            provider_lock(environment["DATABASE_URL"]) as lock,
        ):
            send(environment, upload)
            for _ in range(2):
                await lock.someone_waits()
                await lock.step()
            await lock.someone_waits()
            # the third batch has its turn: the answer comes when it is committed
            cancelling = asyncio.create_task(api.post(cancel_url(upload.task_id)))
            await waits_for("advisory", connection)
            await lock.step()
            body = (await cancelling).json()
            assert body["status"] == "cancelled"
            committed = body["progress"]
            await lock.release()
            await all_is_handled(environment)
            await self._the_lists_stay(api, upload)
            assert (await api.get(f"{STATUS}/{upload.task_id}")).json() == body

        account = await account_of(connection, upload)
        assert account.record.status is TaskStatus.CANCELLED
        assert account.record.progress == Progress(**committed) == Progress(60, 30, 23, 7)
        assert account.batches == [(11, 10), (21, 10), (31, 10)]
        assert len(account.errors) == 7
        assert account.attempts == [(1, 0, "cancelled")]
        assert len(await products_in(connection, "PROV001")) == 23

    async def _the_lists_stay(self, api: httpx.AsyncClient, upload: UploadMessage) -> None:
        lists = f"/api/catalog/bulk-upload/{upload.task_id}"
        errors = (await api.get(f"{lists}/errores")).json()["errores"]
        created = (await api.get(f"{lists}/productos-creados")).json()["productos_creados"]
        assert (len(errors), len(created)) == (7, 23)


class TestTooLate:
    """There is nothing left to call off."""

    @pytest.mark.parametrize("ended", [TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.CANCELLED])
    async def test_a_task_that_is_over(
        self, api: httpx.AsyncClient, connection: asyncpg.Connection, ended: TaskStatus
    ) -> None:
        task_id = uuid4()
        await insert_task(connection, task_id, status=ended, successful=3, total=3)
        before = await connection.fetch("SELECT * FROM tasks")
        problem = assert_problem(await api.post(cancel_url(task_id)), 409, "task_over")
        assert ended.value in problem["detail"]
        assert await connection.fetch("SELECT * FROM tasks") == before

    async def test_it_is_told_in_both_languages(
        self, api: httpx.AsyncClient, connection: asyncpg.Connection
    ) -> None:
        task_id = uuid4()
        await insert_task(connection, task_id, status=TaskStatus.COMPLETED)
        spanish = await api.post(cancel_url(task_id))
        english = await api.post(cancel_url(task_id), headers={"Accept-Language": "en"})
        assert "ya terminó" in spanish.json()["detail"]
        assert "is over" in english.json()["detail"]

    async def test_an_unknown_task(self, api: httpx.AsyncClient, connection: asyncpg.Connection) -> None:
        assert_problem(await api.post(cancel_url(uuid4())), 404, "task_not_found")
        assert_problem(await api.post(cancel_url("not-a-task")), 422, "invalid_parameters")
        assert await connection.fetchval("SELECT count(*) FROM tasks") == 0

    async def test_an_upload_that_was_taken_back_but_is_still_in_redis(
        self, environment: dict[str, str], api: httpx.AsyncClient
    ) -> None:
        accepted = (await post(api)).json()
        async with catalog_api(environment, s3_bucket_name="no-such-bucket") as other:
            assert_problem(await other.post(cancel_url(accepted["task_id"])), 404, "task_not_found")


class TestStoresDown:
    """Never a guess, and never half a cancellation."""

    async def test_postgresql_down(
        self, environment: dict[str, str], stores: Stores, api: httpx.AsyncClient
    ) -> None:
        accepted = (await post(api, csv_file(products(10)))).json()
        await stores.postgres.stop()
        problem = await api.post(cancel_url(accepted["task_id"]))
        assert_problem(problem, 503, "database_unavailable")
        assert problem.headers["retry-after"]
        await stores.postgres.start()
        assert (await api.post(cancel_url(accepted["task_id"]))).json()["status"] == "cancelled"

    async def test_postgresql_that_hangs(self, environment: dict[str, str]) -> None:
        upload = put_upload(environment, csv_file(products(10)))
        async with hanging_server() as port:
            down = {**environment, "DATABASE_URL": f"postgresql://u@127.0.0.1:{port}/d"}
            async with catalog_api(down, database_timeout_seconds=0.3) as api:
                answer = await api.post(cancel_url(upload.task_id))
        assert_problem(answer, 503, "status_unavailable")

    async def test_a_flushed_redis_changes_nothing(
        self, environment: dict[str, str], api: httpx.AsyncClient
    ) -> None:
        accepted = (await post(api, csv_file(products(10)))).json()
        cancelled = (await api.post(cancel_url(accepted["task_id"]))).json()
        await flush_redis(environment["REDIS_URL"])
        assert (await api.get(accepted["status_url"])).json() == cancelled
        record = await redis_record(environment, UUID(accepted["task_id"]))
        assert record is not None
        assert record.status is TaskStatus.CANCELLED
        assert_problem(await api.post(cancel_url(accepted["task_id"])), 409, "task_over")


class TestRaces:
    """Two want the same task in the same moment: one of them has it, and both know which."""

    async def test_a_claim_that_is_about_to_be_committed(
        self,
        environment: dict[str, str],
        api: httpx.AsyncClient,
        connection: asyncpg.Connection,
        database_url: str,
    ) -> None:
        upload = put_upload(environment, csv_file(products(10)))
        worker = await asyncpg.connect(database_url)
        async with worker.transaction():
            held = await claim(worker, upload)
            assert isinstance(held, Claim)
            cancelling = asyncio.create_task(api.post(cancel_url(upload.task_id)))
            await waits_for("transactionid", connection)
        assert (await cancelling).json()["status"] == "cancelled"
        with pytest.raises(Fenced):
            await ledger.open_task(worker, held, 10, "sha", Reading())
        assert (await account_of(connection, upload)).attempts == [(1, 0, "cancelled")]
        await worker.close()

    async def test_a_cancellation_that_is_about_to_be_committed(
        self, environment: dict[str, str], connection: asyncpg.Connection, database_url: str
    ) -> None:
        """Seen from the worker: the claim waits, and finds the task over."""
        upload = put_upload(environment, csv_file(products(10)))
        other = await asyncpg.connect(database_url)
        async with workshop(environment) as shop:
            async with other.transaction():
                await insert_task(other, upload.task_id, status=TaskStatus.CANCELLED)
                processing = asyncio.create_task(process_upload(shop, upload, "correlation-1"))
                await waits_for("transactionid", connection, "carga-worker")
            assert await processing == Done()
        assert (await account_of(connection, upload)).attempts == []
        await other.close()

    async def test_a_completion_that_is_about_to_be_committed(
        self,
        environment: dict[str, str],
        api: httpx.AsyncClient,
        connection: asyncpg.Connection,
        database_url: str,
    ) -> None:
        upload = put_upload(environment, csv_file(products(10)))
        worker = await asyncpg.connect(database_url)
        held = await claim(worker, upload)
        assert isinstance(held, Claim)
        async with worker.transaction():
            await ledger.complete(worker, held, {"resumen": {}})
            cancelling = asyncio.create_task(api.post(cancel_url(upload.task_id)))
            await waits_for("transactionid", connection)
        assert_problem(await cancelling, 409, "task_over")
        assert (await account_of(connection, upload)).record.status is TaskStatus.COMPLETED
        await worker.close()

    async def test_many_at_once_with_a_worker_at_work(
        self, environment: dict[str, str], api: httpx.AsyncClient, connection: asyncpg.Connection
    ) -> None:
        """Whatever happens to win: the answer, the status, the counters and the products agree."""
        rows = csv_file(products(50))
        providers = [f"P{number:02}" for number in range(12)]
        async with worker_process(environment, WORKER_CONCURRENCY="3"):
            uploads = [(await post(api, rows, proveedor_id=provider)).json() for provider in providers]
            answers = await asyncio.gather(*(api.post(cancel_url(task["task_id"])) for task in uploads))
            await all_is_handled(environment)
        for task, answer in zip(uploads, answers, strict=True):
            status = (await api.get(task["status_url"])).json()
            assert (answer.status_code, status["status"]) in [(200, "cancelled"), (409, "completed")]
            progress = status["progress"]
            assert progress["processed"] == progress["successful"] + progress["failed"]
            assert len(await products_in(connection, task["proveedor_id"])) == progress["successful"]


@asynccontextmanager
async def bff_before(catalog_port: int) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings.model_validate({"catalog_url": f"http://127.0.0.1:{catalog_port}"})
    async with serving(create_app(settings)) as url, httpx.AsyncClient(base_url=url) as client:
        yield client


@pytest.mark.parametrize("prefix", ["/api/catalog", "/api/v1/catalog"])
async def test_through_the_bff(environment: dict[str, str], prefix: str) -> None:
    async with catalog_process(environment) as (_, port), bff_before(port) as client:
        task_id = (await post(client)).json()["task_id"]
        answer = await client.post(f"{prefix}/bulk-upload/{task_id}/cancel")
        assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
        again = await client.post(f"{prefix}/bulk-upload/{task_id}/cancel", headers={"Accept-Language": "en"})
        assert "is over (cancelled)" in assert_problem(again, 409, "task_over")["detail"]
        assert_problem(await client.get(f"{prefix}/bulk-upload/{task_id}/cancel"), 405, "method_not_allowed")
