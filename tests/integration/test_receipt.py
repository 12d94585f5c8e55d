"""The receipt of an upload: every row accounted for, and all that was tried."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import msgspec

from catalog_service.schemas import ReceiptBody
from common.tasks import TaskStatus
from common.version import VERSION
from tests.support.catalog_api import CSV, assert_problem, catalog_api, post
from tests.support.ledger_rows import insert_task
from tests.support.waiting import eventually
from tests.support.worker_process import worker_process

DATA = Path(__file__).resolve().parents[2] / "data"


def receipt_url(task_id: object) -> str:
    return f"/api/catalog/bulk-upload/{task_id}/recibo.json"


def sums_up(counts: dict[str, int]) -> bool:
    parts = ("creados", "actualizados", "sin_cambios", "rechazados", "sin_procesar")
    return counts["total"] == sum(counts[part] for part in parts)


async def test_a_real_upload_is_accounted_for(environment: dict[str, str]) -> None:
    content = (DATA / "productos_300_con_errores.csv").read_bytes()
    async with catalog_api(environment) as client, worker_process(environment):

        async def receipts(replace: str) -> dict[str, Any]:
            task = (await post(client, content, "Mi catálogo.csv", reemplazar_duplicados=replace)).json()

            async def over() -> bool:
                return bool((await client.get(task["status_url"])).json()["status"] == "completed")

            await eventually(over, seconds=60)
            status = (await client.get(task["status_url"])).json()
            assert status["result"]["enlaces"]["recibo"] == receipt_url(task["task_id"])
            response = await client.get(receipt_url(task["task_id"]))
            ReceiptBody.model_validate_json(response.content)
            receipt: dict[str, Any] = response.json()
            for name in ("task_id", "opciones", "advertencias", "origen"):
                assert receipt[name] == status[name]
            for name in ("columnas", "lectura"):
                assert receipt[name] == status["result"][name]
            assert (receipt["recibido"], receipt["terminado"]) == (
                status["created_at"],
                status["completed_at"],
            )
            summary = status["result"]["resumen"]
            counts = receipt["recuento"]
            for name in ("total", "rechazados", "sin_cambios"):
                assert counts[name] == summary[name]
            assert counts["creados"] == summary["productos_creados"]
            assert counts["actualizados"] == summary["productos_actualizados"]
            return receipt

        first, second = await receipts("false"), await receipts("true")
    for receipt in (first, second):
        assert sums_up(receipt["recuento"])
        assert receipt["recuento"]["sin_procesar"] == 0
        assert (receipt["estado"], receipt["recibo"]) == ("completed", 1)
        assert receipt["versiones"] == {"carga": VERSION, "recibo": 1}
        file = receipt["archivo"]
        assert (file["nombre"], file["bytes"], len(file["sha256"])) == ("Mi catálogo.csv", len(content), 64)
        (attempt,) = receipt["intentos"]
        assert (attempt["intento"], attempt["desde_fila"], attempt["motivo"]) == (1, 0, "completed")
        assert attempt["inicio"] < attempt["fin"]
        assert receipt["quien"]["proveedor_id"] == "PROV001"
        assert receipt["quien"]["correlation_id"]
    assert first["archivo"]["sha256"] == second["archivo"]["sha256"]
    assert first["recuento"]["creados"] > 0
    # most of the same file again changes nothing
    assert second["recuento"]["sin_cambios"] > 0


async def test_what_was_not_looked_at_is_said(
    environment: dict[str, str], connection: asyncpg.Connection
) -> None:
    task_id = uuid4()
    await insert_task(connection, task_id, status=TaskStatus.CANCELLED, successful=60, failed=40, total=300)
    tallies = {"productos_creados": 30, "productos_actualizados": 20, "superados": 10}
    await connection.execute("UPDATE tasks SET tallies = $1", msgspec.json.encode(tallies).decode())
    await connection.execute(
        """
        INSERT INTO task_attempts
               (proveedor_id, task_id, epoch, worker, start_cursor, outcome, ended_at, version)
        VALUES ('PROV001', $1, 1, 'a', 0, 'lost', now(), NULL),
               ('PROV001', $1, 2, 'b', 41, 'cancelled', now(), '9')
        """,
        task_id,
    )
    async with catalog_api(environment) as client:
        receipt = (await client.get(receipt_url(task_id))).json()
    ReceiptBody.model_validate(receipt)
    assert receipt["recuento"] == {
        "total": 300,
        "creados": 30,
        "actualizados": 20,
        # of before there was a name for them
        "sin_cambios": 10,
        "rechazados": 40,
        "sin_procesar": 200,
    }
    assert sums_up(receipt["recuento"])
    assert (receipt["estado"], receipt["superados"]) == ("cancelled", 10)
    attempts = [
        (one["trabajador"], one["version"], one["desde_fila"], one["motivo"]) for one in receipt["intentos"]
    ]
    assert attempts == [("a", None, 0, "lost"), ("b", "9", 41, "cancelled")]


async def test_the_sum_holds_of_one_begun_before_all_was_counted(
    environment: dict[str, str], connection: asyncpg.Connection
) -> None:
    """Its first rows were taken by a worker that did not count the unchanged, the others by one that does."""
    task_id = uuid4()
    await insert_task(connection, task_id, status=TaskStatus.COMPLETED, successful=90, failed=10, total=100)
    tallies = {"productos_creados": 30, "productos_actualizados": 20, "sin_cambios": 15}
    await connection.execute("UPDATE tasks SET tallies = $1", msgspec.json.encode(tallies).decode())
    async with catalog_api(environment) as client:
        receipt = (await client.get(receipt_url(task_id))).json()
    assert receipt["recuento"]["sin_cambios"] == 40
    assert sums_up(receipt["recuento"])


async def test_there_is_none_before_the_end(
    environment: dict[str, str], connection: asyncpg.Connection
) -> None:
    running = uuid4()
    await insert_task(connection, running, status=TaskStatus.PROCESSING, successful=1, total=2)
    async with catalog_api(environment) as client:
        waiting = (await post(client, CSV)).json()["task_id"]
        for task_id, status in ((running, "processing"), (waiting, "pending")):
            problem = assert_problem(await client.get(receipt_url(task_id)), 409, "task_not_over")
            assert problem["status_of_task"] == status
        assert_problem(await client.get(receipt_url(uuid4())), 404, "task_not_found")
        await cancelled(client, waiting)
        receipt = (await client.get(receipt_url(waiting))).json()
    assert (receipt["estado"], receipt["archivo"]["sha256"], receipt["intentos"]) == ("cancelled", None, [])
    assert sums_up(receipt["recuento"])


async def cancelled(client: httpx.AsyncClient, task_id: str) -> None:
    assert (await client.post(f"/api/catalog/bulk-upload/{task_id}/cancel")).status_code == 200
