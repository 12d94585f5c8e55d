"""What a poller is told, whichever of the stores still knows."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest
from redis.asyncio import Redis

from catalog_service.schemas import StatusBody
from common.tasks import Progress, TaskRecord, TaskStatus, TaskStore
from common.texts import NOTICES, Text
from infra.embedded.ports import free_port
from tests.support.catalog_api import assert_problem, catalog_api, hanging_server, post
from tests.support.ledger_rows import insert_batch, insert_row_errors, insert_task
from tests.support.stores import flush_redis

RESUMEN = {
    "total": 300,
    "exitosos": 2,
    "rechazados": 298,
    "duplicados": 5,
    "productos_creados": 2,
    "productos_actualizados": 0,
    "superados": 0,
}


def url(task_id: UUID | str) -> str:
    return f"/api/catalog/bulk-upload/status/{task_id}"


def record(task_id: UUID, **changes: Any) -> TaskRecord:
    now = datetime.now(UTC)
    pending = TaskRecord(
        task_id=task_id,
        kind="catalog",
        status=TaskStatus.PENDING,
        filename="productos.csv",
        proveedor_id="PROV001",
        created_at=now,
        updated_at=now,
    )
    return msgspec.structs.replace(pending, **changes)


async def put(environment: dict[str, str], *records: TaskRecord) -> None:
    async with Redis.from_url(environment["REDIS_URL"]) as redis:
        for one in records:
            await TaskStore(redis).put(one)


async def in_redis(environment: dict[str, str], task_id: UUID) -> TaskRecord | None:
    async with Redis.from_url(environment["REDIS_URL"]) as redis:
        return await TaskStore(redis).get(task_id)


async def test_fresh_upload_is_pending_in_the_contracts_words(environment: dict[str, str]) -> None:
    async with catalog_api(environment) as client:
        accepted = await post(client, filename="productos.csv")
        response = await client.get(accepted.json()["status_url"])

    assert response.status_code == 200
    StatusBody.model_validate_json(response.content)
    body = response.json()
    assert body == {
        "task_id": accepted.json()["task_id"],
        "status": "pending",
        "filename": "productos.csv",
        "proveedor_id": "PROV001",
        "created_at": body["created_at"],
        "updated_at": body["updated_at"],
        "completed_at": None,
        "progress": {"total": 0, "processed": 0, "successful": 0, "failed": 0},
        "result": None,
        "error": None,
        "error_code": None,
        "advertencias": [],
        "opciones": {"reemplazar_duplicados": False, "validar": False},
        "origen": None,
        "correcciones": None,
        "conteos": {},
    }
    assert body["created_at"].endswith("Z")


async def test_pending_from_the_object_alone(environment: dict[str, str]) -> None:
    async with catalog_api(environment) as client:
        accepted = await post(client, filename="Año nuevo.csv")
        before = (await client.get(accepted.json()["status_url"])).json()
        await flush_redis(environment["REDIS_URL"])
        after = await client.get(accepted.json()["status_url"])

    assert after.json() == before


async def test_progress_is_redis_to_tell_while_it_is_fresh(environment: dict[str, str]) -> None:
    task_id = uuid4()
    progress = Progress(total=300, processed=150, successful=145, failed=5)
    await put(environment, record(task_id, status=TaskStatus.PROCESSING, progress=progress, revision=3))
    # with PostgreSQL unreachable: the hot path asks nobody else
    async with (
        hanging_server() as port,
        catalog_api({**environment, "DATABASE_URL": f"postgresql://u@127.0.0.1:{port}/d"}) as client,
    ):
        body = (await client.get(url(task_id))).json()

    assert body["status"] == "processing"
    assert body["progress"] == {"total": 300, "processed": 150, "successful": 145, "failed": 5}


async def test_completed_task_from_the_ledger_repairs_redis(environment: dict[str, str]) -> None:
    task_id = uuid4()
    connection: asyncpg.Connection = await asyncpg.connect(environment["DATABASE_URL"])
    result = {"resumen": RESUMEN, "productos_creados": ["PROD001", "PROD002"]}
    await insert_task(
        connection,
        task_id,
        status=TaskStatus.COMPLETED,
        successful=2,
        failed=298,
        total=300,
        result=result,
        revision=9,
    )
    await insert_row_errors(connection, task_id, range(4, 302))
    await connection.close()
    async with catalog_api(environment) as client:
        from_ledger = await client.get(url(task_id))
        repaired = await in_redis(environment, task_id)
        from_redis = await client.get(url(task_id), headers={"Accept-Language": "es"})
        english = await client.get(
            f"/api/v1/catalog/bulk-upload/status/{task_id}", headers={"Accept-Language": "en"}
        )

    StatusBody.model_validate_json(from_ledger.content)
    assert repaired is not None
    assert repaired.revision == 9
    assert from_redis.json() == from_ledger.json()
    shown = from_ledger.json()["result"]
    assert shown["mensaje"] == "Carga masiva completada"
    assert shown["resumen"] == RESUMEN
    assert shown["productos_creados"] == ["PROD001", "PROD002"]
    assert len(shown["errores"]) == 100
    assert shown["errores"][0] == {
        "fila": 4,
        "error": "Campos obligatorios vacíos: nombre",
        "codigos": ["required_missing"],
        "columnas": ["nombre"],
        "resuelta_por": None,
    }
    assert shown["enlaces"] == {
        "errores": f"/api/catalog/bulk-upload/{task_id}/errores",
        "productos_creados": f"/api/catalog/bulk-upload/{task_id}/productos-creados",
        "errores_xlsx": f"/api/catalog/bulk-upload/{task_id}/errores.xlsx",
        "errores_csv": f"/api/catalog/bulk-upload/{task_id}/errores.csv",
        "recibo": f"/api/catalog/bulk-upload/{task_id}/recibo.json",
        "reintentar": f"/api/catalog/bulk-upload/{task_id}/reintentar",
    }
    told = english.json()["result"]
    assert told["mensaje"] == "Bulk upload completed"
    assert told["errores"][0]["error"] == "Required fields are empty: nombre"
    assert told["enlaces"]["errores"].startswith("/api/v1/catalog/")


READING = """
UPDATE tasks
   SET columns = '[{"column": "precio_unitario", "header": "Precio", "place": 5, "how": "synonym"}]',
       notices = '[{"code": "sheet_chosen", "params": {"sheet": "Hoja1"}}, {"code": "newer"}]',
       facts = '{"sheet": "Hoja1"}'
"""
GROUPS = """
INSERT INTO task_fault_groups
VALUES ('PROV001', $1, 'row_shape', '', 188, 9), ('PROV001', $1, 'negative', 'precio_unitario', 4812, 3)
"""


async def test_warnings_columns_and_groups_are_told_in_the_readers_language(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(NOTICES, "sheet_chosen", Text("Se leyó la hoja {sheet}", "Sheet {sheet} was read"))
    task_id = uuid4()
    connection: asyncpg.Connection = await asyncpg.connect(environment["DATABASE_URL"])
    result = {"resumen": RESUMEN, "productos_creados": []}
    await insert_task(
        connection, task_id, status=TaskStatus.COMPLETED, failed=5000, total=5000, result=result, revision=9
    )
    await connection.execute(READING)
    await connection.execute(GROUPS, task_id)
    await connection.close()
    async with catalog_api(environment) as client:
        answer = await client.get(url(task_id))
        english = (await client.get(url(task_id), headers={"Accept-Language": "en"})).json()
        listed = (await client.get(f"/api/catalog/bulk-upload/{task_id}/errores")).json()

    StatusBody.model_validate_json(answer.content)
    body = answer.json()
    assert body["advertencias"] == [
        {"codigo": "sheet_chosen", "advertencia": "Se leyó la hoja Hoja1"},
        {"codigo": "newer", "advertencia": "newer"},
    ]
    assert english["advertencias"][0]["advertencia"] == "Sheet Hoja1 was read"
    assert body["result"]["columnas"] == [
        {"encabezado": "Precio", "columna": "precio_unitario", "posicion": 5, "como": "synonym"}
    ]
    assert body["result"]["lectura"] == {"sheet": "Hoja1"}
    groups = body["result"]["grupos_errores"]
    assert groups == listed["grupos_errores"]
    assert groups == [
        {
            "codigo": "negative",
            "columna": "precio_unitario",
            "filas": 4812,
            "primera_fila": 3,
            "error": "precio_unitario: número negativo, 4.812 filas",
        },
        {
            "codigo": "row_shape",
            "columna": None,
            "filas": 188,
            "primera_fila": 9,
            "error": "la fila no tiene tantos valores como encabezados, 188 filas",
        },
    ]
    told = english["result"]["grupos_errores"][0]["error"]
    assert told == "precio_unitario: negative number, 4,812 rows"


async def test_failed_task_tells_a_person_why(environment: dict[str, str]) -> None:
    task_id = uuid4()
    connection: asyncpg.Connection = await asyncpg.connect(environment["DATABASE_URL"])
    params = {"columns": ["codigo", "nombre"]}
    await insert_task(
        connection, task_id, status=TaskStatus.FAILED, error_code="missing_columns", error_params=params
    )
    await connection.close()
    async with catalog_api(environment) as client:
        body = (await client.get(url(task_id))).json()

    assert (body["status"], body["error_code"], body["result"]) == ("failed", "missing_columns", None)
    assert "codigo, nombre" in body["error"]


async def test_stale_record_is_checked_against_the_ledger(environment: dict[str, str]) -> None:
    """A worker that lost Redis finished: the record in Redis would say "processing" for a day."""
    task_id = uuid4()
    old = datetime.now(UTC) - timedelta(minutes=5)
    await put(environment, record(task_id, status=TaskStatus.PROCESSING, updated_at=old, revision=2))
    connection: asyncpg.Connection = await asyncpg.connect(environment["DATABASE_URL"])
    await insert_task(
        connection, task_id, status=TaskStatus.COMPLETED, total=0, result={"resumen": {}}, revision=5
    )
    await connection.close()
    async with catalog_api(environment) as client:
        assert (await client.get(url(task_id))).json()["status"] == "completed"
    repaired = await in_redis(environment, task_id)
    assert repaired is not None
    assert repaired.status is TaskStatus.COMPLETED


async def test_stale_record_is_better_than_nothing(environment: dict[str, str]) -> None:
    waiting, working = uuid4(), uuid4()
    old = datetime.now(UTC) - timedelta(minutes=5)
    await put(environment, record(waiting, updated_at=old))
    await put(environment, record(working, status=TaskStatus.PROCESSING, updated_at=old, revision=2))
    async with catalog_api(environment) as client:  # no worker has seen it: the ledger knows nothing
        assert (await client.get(url(waiting))).json()["status"] == "pending"
    async with hanging_server() as port:
        down = {**environment, "DATABASE_URL": f"postgresql://u@127.0.0.1:{port}/d"}
        async with catalog_api(down, database_timeout_seconds=0.3) as client:
            assert (await client.get(url(working))).json()["status"] == "processing"


class TestEndedWithOpenRows:
    """A later upload may bring them in, and what it told Redis of that may have been lost."""

    async def ended(
        self, environment: dict[str, str], connection: asyncpg.Connection, *, failed: int = 5
    ) -> UUID:
        """A task that ended long ago, in Redis and in the ledger."""
        task_id = uuid4()
        old = datetime.now(UTC) - timedelta(minutes=5)
        await put(
            environment,
            record(
                task_id,
                status=TaskStatus.COMPLETED,
                updated_at=old,
                revision=5,
                progress=Progress(total=failed, processed=failed, failed=failed),
            ),
        )
        await insert_task(
            connection,
            task_id,
            status=TaskStatus.COMPLETED,
            failed=failed,
            total=failed,
            result={"resumen": RESUMEN},
            revision=5,
        )
        await connection.execute("UPDATE tasks SET updated_at = $2 WHERE task_id = $1", task_id, old)
        return task_id

    async def correct(self, connection: asyncpg.Connection, task_id: UUID, resolved: int) -> None:
        """Bring rows in, and tell Redis nothing."""
        child = uuid4()
        await insert_task(connection, child, status=TaskStatus.COMPLETED, successful=resolved)
        await connection.execute("UPDATE tasks SET parent_task_id = $2 WHERE task_id = $1", child, task_id)
        await connection.execute(
            "UPDATE tasks SET resolved = resolved + $2, revision = revision + 1 WHERE task_id = $1",
            task_id,
            resolved,
        )

    async def test_it_is_checked_against_the_ledger(
        self, environment: dict[str, str], connection: asyncpg.Connection
    ) -> None:
        task_id = await self.ended(environment, connection)
        await self.correct(connection, task_id, 2)
        async with catalog_api(environment) as client:
            corrections = (await client.get(url(task_id))).json()["correcciones"]
        assert (corrections["abiertas"], corrections["resueltas"]) == (3, 2)
        repaired = await in_redis(environment, task_id)
        assert repaired is not None
        assert repaired.resolved == 2

    async def test_once_in_a_while(self, environment: dict[str, str], connection: asyncpg.Connection) -> None:
        task_id = await self.ended(environment, connection)
        async with catalog_api(environment, status_stale_seconds=60) as client:
            first = (await client.get(url(task_id))).json()
            await self.correct(connection, task_id, 2)
            assert (await client.get(url(task_id))).json() == first
        async with catalog_api(environment, status_stale_seconds=0) as client:
            assert (await client.get(url(task_id))).json()["correcciones"]["resueltas"] == 2
            await self.correct(connection, task_id, 1)
            assert (await client.get(url(task_id))).json()["correcciones"]["resueltas"] == 3

    async def test_all_others_are_redis_to_tell(
        self, environment: dict[str, str], connection: asyncpg.Connection
    ) -> None:
        task_id = await self.ended(environment, connection)
        await put(
            environment,
            record(
                task_id,
                status=TaskStatus.COMPLETED,
                updated_at=datetime.now(UTC) - timedelta(minutes=5),
                revision=6,
                resolved=5,
                progress=Progress(total=5, processed=5, failed=5),
            ),
        )
        await connection.execute("UPDATE tasks SET filename = 'otro.csv', revision = 7")
        async with catalog_api(environment) as client:
            assert (await client.get(url(task_id))).json()["filename"] == "productos.csv"

    async def test_what_is_known_is_told_while_the_ledger_is_away(
        self, environment: dict[str, str], connection: asyncpg.Connection
    ) -> None:
        task_id = await self.ended(environment, connection)
        async with hanging_server() as port:
            down = {**environment, "DATABASE_URL": f"postgresql://u@127.0.0.1:{port}/d"}
            async with catalog_api(down, database_timeout_seconds=0.3) as client:
                for _ in range(2):
                    assert (await client.get(url(task_id))).json()["progress"]["failed"] == 5


async def test_ledger_answers_while_redis_is_down(environment: dict[str, str]) -> None:
    task_id = uuid4()
    connection: asyncpg.Connection = await asyncpg.connect(environment["DATABASE_URL"])
    await insert_task(connection, task_id, status=TaskStatus.PROCESSING, successful=10, total=30)
    await connection.close()
    nobody = {"redis_url": f"redis://127.0.0.1:{free_port()}/0"}
    async with catalog_api(environment, **nobody) as client:
        body = (await client.get(url(task_id))).json()

    assert body["progress"] == {"total": 30, "processed": 10, "successful": 10, "failed": 0}


async def test_progress_does_not_go_back_with_a_redis_that_does(environment: dict[str, str]) -> None:
    """Redis was away, the ledger told, and Redis is back with what it had saved before."""
    task_id = uuid4()
    connection: asyncpg.Connection = await asyncpg.connect(environment["DATABASE_URL"])
    await insert_task(connection, task_id, status=TaskStatus.PROCESSING, successful=20, total=30, revision=7)
    await connection.close()
    async with catalog_api(environment) as client:
        assert (await client.get(url(task_id))).json()["progress"]["processed"] == 20
        await flush_redis(environment["REDIS_URL"])
        before = Progress(total=30, processed=10, successful=10, failed=0)
        await put(environment, record(task_id, status=TaskStatus.PROCESSING, progress=before, revision=6))
        assert (await client.get(url(task_id))).json()["progress"]["processed"] == 20


async def test_rather_nothing_than_progress_that_goes_back(environment: dict[str, str]) -> None:
    task_id = uuid4()
    told = Progress(total=30, processed=20, successful=20, failed=0)
    async with hanging_server() as port:
        down = {**environment, "DATABASE_URL": f"postgresql://u@127.0.0.1:{port}/d"}
        # Redis may be slow, as long as it answers
        patient = {"database_timeout_seconds": 0.3, "redis_timeout_seconds": 10}
        async with catalog_api(down, **patient) as client:
            await put(environment, record(task_id, status=TaskStatus.PROCESSING, progress=told, revision=7))
            assert (await client.get(url(task_id))).json()["progress"]["processed"] == 20
            await flush_redis(environment["REDIS_URL"])
            await put(environment, record(task_id, status=TaskStatus.PROCESSING, revision=6))
            assert_problem(await client.get(url(task_id)), 503, "status_unavailable")


async def test_never_a_guess(environment: dict[str, str]) -> None:
    """Redis has forgotten and the ledger does not answer: the object in S3 alone would say "pending"."""
    async with catalog_api(environment) as client:
        accepted = await post(client)
    await flush_redis(environment["REDIS_URL"])
    async with hanging_server() as port:
        down = {**environment, "DATABASE_URL": f"postgresql://u@127.0.0.1:{port}/d"}
        async with catalog_api(down, database_timeout_seconds=0.3) as client:
            response = await client.get(accepted.json()["status_url"])

    assert_problem(response, 503, "status_unavailable")
    assert response.headers["retry-after"]


async def test_unreadable_record_in_redis_is_no_record(environment: dict[str, str]) -> None:
    async with catalog_api(environment) as client:
        accepted = await post(client)
        async with Redis.from_url(environment["REDIS_URL"]) as redis:
            await redis.set(f"bulk_upload_task:{accepted.json()['task_id']}", b"{not json")
        response = await client.get(accepted.json()["status_url"])

    assert response.json()["status"] == "pending"


async def test_unknown_and_malformed_ids(environment: dict[str, str]) -> None:
    unknown = uuid4()
    async with catalog_api(environment) as client:
        for path in (url(unknown), f"/api/catalog/bulk-upload/{unknown}/errores"):
            assert assert_problem(await client.get(path), 404, "task_not_found")["task_id"] == str(unknown)
        for malformed in ("no-es-un-id", "1", "%00", "x" * 5000, f"{unknown}0"):
            body = assert_problem(await client.get(url(malformed)), 422, "invalid_parameters")
            assert body["names"] == ["task_id"]


@pytest.mark.parametrize("prefix", ["/api/catalog", "/api/v1/catalog"])
async def test_full_lists_page_by_page(environment: dict[str, str], prefix: str) -> None:
    task_id = uuid4()
    connection: asyncpg.Connection = await asyncpg.connect(environment["DATABASE_URL"])
    await insert_task(connection, task_id, status=TaskStatus.PROCESSING, successful=7, failed=5, total=100)
    await insert_row_errors(connection, task_id, [2, 3, 5, 8, 13])
    for cursor, outputs in ((10, ["A", "B", "C"]), (20, []), (30, ["D"]), (40, ["E", "F", "G"])):
        await insert_batch(connection, task_id, cursor, outputs)
    await connection.close()

    async with catalog_api(environment) as client:

        async def pages(name: str, key: str) -> list[list[Any]]:
            found, following = [], f"{prefix}/bulk-upload/{task_id}/{name}?limit=2"
            while following:
                body = (await client.get(following)).json()
                found.append(body[key])
                following = body["next"]
                assert following is None or following.startswith(f"{prefix}/")
            return found

        errors = await pages("errores", "errores")
        created = await pages("productos-creados", "productos_creados")
        assert_problem(
            await client.get(f"{prefix}/bulk-upload/{task_id}/productos-creados?after=x"),
            422,
            "invalid_cursor",
        )
        assert_problem(
            await client.get(f"{prefix}/bulk-upload/{task_id}/errores?limit=1001"), 422, "invalid_parameters"
        )
        assert_problem(
            await client.get(f"{prefix}/bulk-upload/{task_id}/errores?after=99999999999999999999"),
            422,
            "invalid_parameters",
        )

    assert [[entry["fila"] for entry in page] for page in errors] == [[2, 3], [5, 8], [13]]
    assert created == [["A", "B"], ["C", "D"], ["E", "F"], ["G"]]


async def test_lists_of_a_task_that_waits_are_empty(environment: dict[str, str]) -> None:
    async with catalog_api(environment) as client:
        task_id = (await post(client)).json()["task_id"]
        errors = await client.get(f"/api/catalog/bulk-upload/{task_id}/errores")
        created = await client.get(f"/api/catalog/bulk-upload/{task_id}/productos-creados")

    assert errors.json() == {"errores": [], "grupos_errores": [], "next": None}
    assert created.json() == {"productos_creados": [], "next": None}
