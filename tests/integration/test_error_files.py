"""The file of rejected rows: fetched, ordered where it is not there, sent again as an upload of its own."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from common.messages import UploadMessage, object_key, report_key
from common.tasks import TaskStatus
from tests.integration.test_status import RESUMEN
from tests.support.catalog_api import CSV, assert_problem, catalog_api, objects, post, received
from tests.support.events import streaming_api
from tests.support.ledger_rows import insert_row_errors, insert_task
from tests.support.stores import flush_redis, queue_url, s3_client, sqs_client
from tests.support.waiting import eventually
from tests.support.worker_process import worker_process

DATA = Path(__file__).resolve().parents[2] / "data"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
REPORT = b"motivo;columna;fila;tarea\r\n" + b"x" * 300_000


@dataclass
class Faulty:
    """An upload that is over, with rejected rows, as a worker leaves it."""

    client: httpx.AsyncClient
    connection: asyncpg.Connection
    environment: dict[str, str]
    task_id: UUID = field(default_factory=uuid4)

    async def take(
        self, filename: str = "Año 1.csv", content: bytes = CSV, *, reemplazar_duplicados: str = "false"
    ) -> None:
        """Upload a file, and let no worker have it."""
        accepted = await post(self.client, content, filename, reemplazar_duplicados=reemplazar_duplicados)
        self.task_id = UUID(accepted.json()["task_id"])
        queue = sqs_client(self.environment)
        (message,) = received(self.environment)
        queue.delete_message(QueueUrl=queue_url(self.environment), ReceiptHandle=message["ReceiptHandle"])
        await self.end(self.task_id, filename, replace=reemplazar_duplicados == "true")

    async def end(self, task_id: UUID, filename: str, *, replace: bool = False) -> None:
        """Let it be over, with two rejected rows."""
        summary = {"resumen": RESUMEN}
        await insert_task(
            self.connection,
            task_id,
            status=TaskStatus.COMPLETED,
            failed=2,
            total=2,
            result=summary,
            revision=7,
        )
        await insert_row_errors(self.connection, task_id, [2, 3])
        await self.connection.execute(
            """
            UPDATE tasks
               SET filename = $2, options = jsonb_build_object('reemplazar_duplicados', $3::boolean)
             WHERE task_id = $1
            """,
            task_id,
            filename,
            replace,
        )

    def url(self, what: str) -> str:
        return f"/api/catalog/bulk-upload/{self.task_id}/{what}"

    async def get(self, what: str, **headers: str) -> httpx.Response:
        return await self.client.get(self.url(what), headers=headers)

    def put_report(self, key: str, content: bytes = REPORT) -> None:
        s3_client(self.environment).put_object(
            Bucket=self.environment["S3_BUCKET_NAME"], Key=key, Body=content
        )


@asynccontextmanager
async def faulty(environment: dict[str, str], **settings: Any) -> AsyncIterator[Faulty]:
    connection: asyncpg.Connection = await asyncpg.connect(environment["DATABASE_URL"])
    async with catalog_api(environment, **settings) as client:
        yield Faulty(client, connection, environment)
    await connection.close()


@asynccontextmanager
async def reporter(
    environment: dict[str, str], content: bytes = REPORT
) -> AsyncIterator[list[UploadMessage]]:
    """A worker that knows nothing but reports; the orders that it had."""
    orders: list[UploadMessage] = []

    async def work() -> None:
        while True:
            for message in await asyncio.to_thread(received, environment):
                order = UploadMessage.from_body(message["Body"])
                sqs_client(environment).delete_message(
                    QueueUrl=queue_url(environment), ReceiptHandle=message["ReceiptHandle"]
                )
                if order.report is None:  # that of an upload
                    continue
                orders.append(order)
                s3_client(environment).put_object(Bucket=order.s3_bucket, Key=order.report.key, Body=content)
            await asyncio.sleep(0.05)

    working = asyncio.create_task(work())
    try:
        yield orders
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


async def test_one_that_is_there_is_sent(environment: dict[str, str]) -> None:
    async with faulty(environment) as upload:
        await upload.take()
        upload.put_report(report_key(upload.task_id, 7, "es", "xlsx"), b"spanish")
        upload.put_report(report_key(upload.task_id, 7, "en", "csv"), b"english")
        spanish = await upload.get("errores.xlsx")
        english = await upload.get("errores.csv", **{"Accept-Language": "en"})
        v1 = await upload.client.get(f"/api/v1/catalog/bulk-upload/{upload.task_id}/errores.xlsx")
        assert received(environment) == []
    assert (spanish.status_code, spanish.content, spanish.headers["content-type"]) == (200, b"spanish", XLSX)
    assert spanish.headers["content-length"] == "7"
    assert spanish.headers["content-disposition"] == (
        "attachment; filename=\"Ano 1 - errores.xlsx\"; filename*=UTF-8''A%C3%B1o%201%20-%20errores.xlsx"
    )
    assert (english.content, english.headers["content-type"]) == (b"english", "text/csv; charset=utf-8")
    assert v1.content == b"spanish"


@pytest.mark.parametrize("mended", ["p - errores.csv", "p - errores - errores.csv"])
async def test_its_name_does_not_grow_from_round_to_round(environment: dict[str, str], mended: str) -> None:
    async with faulty(environment) as upload:
        await upload.take(mended)
        upload.put_report(report_key(upload.task_id, 7, "es", "csv"))
        answer = await upload.get("errores.csv")
        child = (await upload.client.post(upload.url("reintentar"))).json()
    assert 'filename="p - errores.csv"' in answer.headers["content-disposition"]
    assert child["filename"] == "p - errores.csv"


async def test_one_that_is_not_there_is_ordered_once(environment: dict[str, str]) -> None:
    async with faulty(environment) as upload:
        await upload.take()
        async with reporter(environment) as orders:
            answers = await asyncio.gather(*(upload.get("errores.csv") for _ in range(5)))
            again = await upload.get("errores.csv")
    assert [answer.content for answer in (*answers, again)] == [REPORT] * 6
    (order,) = orders
    assert order.report is not None
    assert order.report.key == report_key(upload.task_id, 7, "es", "csv")
    assert (order.report.format, order.report.language) == ("csv", "es")
    assert (order.task_id, order.s3_key) == (upload.task_id, object_key(upload.task_id))


async def test_one_that_takes_long_is_asked_for_again(environment: dict[str, str]) -> None:
    async with faulty(environment, report_wait_seconds=0.2) as upload:
        await upload.take()
        for _ in range(2):
            answer = await upload.get("errores.xlsx")
            assert_problem(answer, 503, "report_in_preparation")
            assert answer.headers["Retry-After"] == "2"
        # the second found it ordered already
        (message,) = received(environment)
        order = UploadMessage.from_body(message["Body"])
        assert order.report is not None
        upload.put_report(order.report.key)
        assert (await upload.get("errores.xlsx")).content == REPORT


class TestOneThatCannotBeMade:
    async def test_is_said_to_be_without_another_order(self, environment: dict[str, str]) -> None:
        async with faulty(environment) as upload:
            await upload.take()
            upload.put_report(report_key(upload.task_id, 7, "es", "csv") + ".failed", b"file_unreadable")
            assert_problem(await upload.get("errores.csv"), 422, "report_impossible")
            assert_problem(await upload.client.post(upload.url("reintentar")), 422, "report_impossible")
            assert received(environment) == []

    async def test_is_found_out_while_all_wait_for_it(self, environment: dict[str, str]) -> None:
        async with faulty(environment, report_wait_seconds=1000) as upload:
            await upload.take()
            asking = asyncio.gather(*(upload.get("errores.xlsx") for _ in range(3)))

            orders: list[dict[str, Any]] = []

            async def ordered() -> bool:
                orders.extend(await asyncio.to_thread(received, environment))
                return bool(orders)

            await eventually(ordered)
            order = UploadMessage.from_body(orders[0]["Body"]).report
            assert order is not None
            upload.put_report(f"{order.key}.failed", b"file_unreadable")
            for answer in await asking:
                assert_problem(answer, 422, "report_impossible")
            # of a later revision, or in another form, it may be possible
            upload.put_report(report_key(upload.task_id, 7, "es", "csv"))
            assert (await upload.get("errores.csv")).content == REPORT


async def test_where_there_is_none(environment: dict[str, str]) -> None:
    async with faulty(environment) as upload:
        nobody = uuid4()
        for what in ("errores.xlsx", "errores.csv"):
            path = f"/api/catalog/bulk-upload/{nobody}/{what}"
            assert_problem(await upload.client.get(path), 404, "task_not_found")
        waiting = (await post(upload.client)).json()["task_id"]
        running, good = uuid4(), uuid4()
        await insert_task(upload.connection, running, status=TaskStatus.PROCESSING, failed=1, total=2)
        await insert_task(upload.connection, good, status=TaskStatus.COMPLETED, successful=2, total=2)
        for task_id, status, code in (
            (waiting, 409, "task_not_over"),
            (running, 409, "task_not_over"),
            (good, 404, "no_rejected_rows"),
        ):
            for ask, what in ((upload.client.get, "errores.csv"), (upload.client.post, "reintentar")):
                answer = await ask(f"/api/catalog/bulk-upload/{task_id}/{what}")
                assert_problem(answer, status, code)
        # nothing says that there ever was a file of this one
        await upload.end(upload.task_id, "p.csv")
        assert_problem(await upload.get("errores.csv"), 410, "upload_gone")
        assert_problem(await upload.client.post(upload.url("reintentar")), 410, "upload_gone")
        await upload.connection.execute("UPDATE tasks SET resolved = failed WHERE failed > 0")
        assert_problem(await upload.get("errores.csv"), 404, "no_rejected_rows")


async def test_a_service_that_stops_waits_for_no_report(environment: dict[str, str]) -> None:
    async with faulty(environment) as upload, streaming_api(environment, report_wait_seconds=1000) as api:
        await upload.take()
        asking = asyncio.create_task(api.client.get(upload.url("errores.csv")).__aenter__())

        async def ordered() -> bool:
            return len(api.services.reports._preparing) == 1

        await eventually(ordered)
        api.services.reports.stop()
        assert (await asking).status == 503
        async with api.client.get(upload.url("errores.csv")) as late:
            assert (await late.json())["code"] == "report_in_preparation"


async def test_stores_that_are_down_are_said_to_be(environment: dict[str, str]) -> None:
    async with faulty(environment) as upload:
        await upload.take()
        down = {**environment, "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
        async with catalog_api(down) as client:
            for ask, what in ((client.get, "errores.csv"), (client.post, "reintentar")):
                assert_problem(await ask(upload.url(what)), 503, "storage_unavailable")
        async with catalog_api({**environment, "DATABASE_URL": "postgresql://u@127.0.0.1:1/d"}) as client:
            assert_problem(await client.get(upload.url("errores.csv")), 503, "database_unavailable")
        async with catalog_api({**environment, "SQS_QUEUE_NAME": "nobodys"}) as client:
            assert_problem(await client.get(upload.url("errores.csv")), 503, "queue_unavailable")


class TestRetry:
    async def test_the_rows_become_an_upload(self, environment: dict[str, str]) -> None:
        async with faulty(environment) as upload:
            await upload.take(reemplazar_duplicados="true")
            async with reporter(environment):
                answer = await upload.client.post(upload.url("reintentar"))
            assert answer.status_code == 202, answer.text
            child = answer.json()
            assert answer.headers["Location"] == child["status_url"]
            assert (child["filename"], child["proveedor_id"]) == ("Año 1 - errores.csv", "PROV001")
            assert objects(environment)[object_key(UUID(child["task_id"]))] == REPORT
            status = (await upload.client.get(child["status_url"])).json()
            assert status["status"] == "pending"
            assert status["opciones"] == {"reemplazar_duplicados": True, "validar": False}

    async def test_it_is_announced_as_any_other(self, environment: dict[str, str]) -> None:
        async with faulty(environment) as upload:
            await upload.take("p.xlsx", b"PK\x03\x04")
            workbook = b"PK\x03\x04" + b"y" * 9_000_000
            upload.put_report(report_key(upload.task_id, 7, "es", "xlsx"), workbook)
            path = upload.url("reintentar?reemplazar_duplicados=true&validar=si")
            child = (await upload.client.post(path)).json()
            (message,) = received(environment)
        announced = UploadMessage.from_body(message["Body"])
        assert str(announced.task_id) == child["task_id"]
        assert (announced.filename, announced.report) == ("p - errores.xlsx", None)
        assert announced.options == {"reemplazar_duplicados": True, "validar": True}
        assert announced.size_bytes == len(workbook)
        assert announced.sha256 == hashlib.sha256(workbook).hexdigest()

    async def test_not_those_of_a_dry_run(self, environment: dict[str, str]) -> None:
        """They alone would be loaded, and the good rows of the file would not."""
        async with faulty(environment) as upload:
            await upload.take()
            await upload.connection.execute("UPDATE tasks SET options = '{\"validar\": true}'")
            upload.put_report(report_key(upload.task_id, 7, "es", "csv"))
            before = objects(environment).keys()
            answer = await upload.client.post(upload.url("reintentar"))
            assert_problem(answer, 409, "task_was_dry_run")
            assert objects(environment).keys() == before
            assert (await upload.get("errores.csv")).content == REPORT
            await flush_redis(environment["REDIS_URL"])
            status = await upload.client.get(f"/api/catalog/bulk-upload/status/{upload.task_id}")
            links = status.json()["result"]["enlaces"]
            assert links["reintentar"] is None
            assert links["errores_csv"] == upload.url("errores.csv")

    async def test_a_repeated_request_finds_its_upload(self, environment: dict[str, str]) -> None:
        async with faulty(environment) as upload:
            await upload.take()
            upload.put_report(report_key(upload.task_id, 7, "es", "csv"))
            key = {"Idempotency-Key": "once"}
            first = await upload.client.post(upload.url("reintentar"), headers=key)
            # by then, its rows may have come in
            await upload.connection.execute("UPDATE tasks SET resolved = failed, revision = 9")
            again = await upload.client.post(upload.url("reintentar"), headers=key)
            assert (again.status_code, again.json()) == (202, first.json())
            for other in ("reintentar?validar=true", "reintentar?reemplazar_duplicados=true"):
                answer = await upload.client.post(upload.url(other), headers=key)
                assert_problem(answer, 422, "idempotency_key_reused")
            assert_problem(await upload.client.post(upload.url("reintentar")), 404, "no_rejected_rows")
            # a key of an upload is another one
            plain = await post(upload.client, headers=key)
            assert plain.json()["task_id"] != first.json()["task_id"]

    async def test_what_cannot_be_announced_is_taken_back(self, environment: dict[str, str]) -> None:
        async with faulty(environment) as upload:
            await upload.take()
            upload.put_report(report_key(upload.task_id, 7, "es", "csv"))
            before = objects(environment).keys()
            async with catalog_api({**environment, "SQS_QUEUE_NAME": "nobodys"}) as client:
                assert_problem(await client.post(upload.url("reintentar")), 503, "queue_unavailable")
            assert objects(environment).keys() == before

    async def test_pages_of_others_may_not(self, environment: dict[str, str]) -> None:
        async with faulty(environment) as upload:
            await upload.take()
            headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
            answer = await upload.client.post(upload.url("reintentar"), headers=headers)
            assert_problem(answer, 403, "origin_not_allowed")

    @pytest.mark.parametrize("parameter", ["validar=x", "reemplazar_duplicados=x"])
    async def test_a_parameter_that_is_none(self, environment: dict[str, str], parameter: str) -> None:
        async with catalog_api(environment) as client:
            path = f"/api/catalog/bulk-upload/{uuid4()}/reintentar?{parameter}"
            assert_problem(await client.post(path), 422, "invalid_boolean")


@pytest.mark.parametrize("name", ["productos_300_con_errores.csv", "productos_300_con_errores.xlsx"])
async def test_with_a_worker_that_makes_it(environment: dict[str, str], name: str) -> None:
    async with catalog_api(environment) as client, worker_process(environment):

        async def ended(task: dict[str, Any]) -> dict[str, Any]:
            async def over() -> bool:
                return (await client.get(task["status_url"])).json()["status"] in ("completed", "failed")

            await eventually(over, seconds=60)
            status: dict[str, Any] = (await client.get(task["status_url"])).json()
            assert status["status"] == "completed", status
            return status

        parent = await ended((await post(client, (DATA / name).read_bytes(), name)).json())
        links = parent["result"]["enlaces"]
        workbook, text = await client.get(links["errores_xlsx"]), await client.get(links["errores_csv"])
        assert (workbook.status_code, text.status_code) == (200, 200)
        assert workbook.content.startswith(b"PK\x03\x04")
        assert text.content.startswith("\ufeffmotivo".encode())
        child = await ended((await client.post(links["reintentar"])).json())
    assert child["progress"]["total"] == parent["progress"]["failed"] > 0
