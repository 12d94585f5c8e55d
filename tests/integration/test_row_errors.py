"""The rejected rows of a task: those somebody looks for, and what has become of them since."""

from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import msgspec
import pytest

from catalog_service import task_lists
from catalog_service.schemas import RowErrorsBody, StatusBody
from common.tasks import TaskStatus
from tests.integration.test_status import RESUMEN, url
from tests.support.catalog_api import assert_problem, catalog_api
from tests.support.ledger_rows import insert_row_errors, insert_task

MISSING = {"code": "required_missing", "params": {"columns": ["nombre", "categoria"]}}
NEGATIVE = {"code": "negative", "params": {"column": "precio_unitario", "value": "-3"}}
SHAPE = {"code": "row_shape", "params": {"found": 3, "expected": 13}}


async def insert_faults(
    connection: asyncpg.Connection, task_id: UUID, rows: dict[int, list[dict[str, Any]]]
) -> None:
    await connection.executemany(
        "INSERT INTO task_row_errors (proveedor_id, task_id, fila, faults) VALUES ('PROV001', $1, $2, $3)",
        [(task_id, fila, msgspec.json.encode(faults).decode()) for fila, faults in rows.items()],
    )


def errors_url(task_id: UUID, query: str = "") -> str:
    return f"/api/catalog/bulk-upload/{task_id}/errores?{query}"


async def rows(client: httpx.AsyncClient, task_id: UUID, query: str) -> list[int]:
    found: list[int] = []
    following: str | None = errors_url(task_id, query)
    while following:
        response = await client.get(following)
        RowErrorsBody.model_validate_json(response.content)
        found += [entry["fila"] for entry in response.json()["errores"]]
        following = response.json()["next"]
    return found


async def test_those_that_are_looked_for(environment: dict[str, str], connection: asyncpg.Connection) -> None:
    task_id, child = uuid4(), uuid4()
    await insert_task(connection, task_id, status=TaskStatus.COMPLETED, failed=5, result={"resumen": RESUMEN})
    faults = {2: [MISSING], 12: [NEGATIVE], 25: [MISSING, NEGATIVE], 120: [SHAPE], 7: [NEGATIVE]}
    await insert_faults(connection, task_id, faults)
    await connection.execute("UPDATE task_row_errors SET resolved_by = $1 WHERE fila = 7", child)
    async with catalog_api(environment) as client:
        for query, expected in {
            "": [2, 7, 12, 25, 120],
            "codigo=negative": [7, 12, 25],
            "codigo=nothing": [],
            "columna=categoria": [2, 25],
            "columna=precio_unitario&codigo=required_missing": [25],
            "abiertas=true": [2, 12, 25, 120],
            "abiertas=no": [2, 7, 12, 25, 120],
            "q=12": [12],
            "q=OBLIGATORIOS vac%C3%ADos": [2, 25],
            "q=vacios": [2, 25],
            "q=precio_unit": [7, 12, 25],
            "q=precio 25": [25],
            "q=%20": [2, 7, 12, 25, 120],
            "q=encabezados": [120],
            "codigo=negative&abiertas=1&q=precio&limit=1": [12, 25],
        }.items():
            assert await rows(client, task_id, query) == expected, query
        english = await client.get(errors_url(task_id, "q=required"), headers={"Accept-Language": "en"})
        assert [entry["fila"] for entry in english.json()["errores"]] == [2, 25]
        listed = (await client.get(errors_url(task_id))).json()["errores"]
        assert {entry["fila"]: entry["resuelta_por"] for entry in listed if entry["resuelta_por"]} == {
            7: str(child)
        }
        assert_problem(await client.get(errors_url(task_id, "abiertas=x")), 422, "invalid_boolean")
        assert_problem(await client.get(errors_url(task_id, f"q={'x' * 256}")), 422, "invalid_parameters")


async def test_a_page_looks_at_so_many_and_the_next_goes_on(
    environment: dict[str, str], connection: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_lists, "MAX_LOOKED_AT", 2000)
    task_id = uuid4()
    await insert_task(
        connection, task_id, status=TaskStatus.COMPLETED, failed=4502, result={"resumen": RESUMEN}
    )
    await insert_row_errors(connection, task_id, range(2, 4502))
    await insert_faults(connection, task_id, {1: [NEGATIVE], 4502: [NEGATIVE]})
    async with catalog_api(environment) as client:
        pages, following = [], errors_url(task_id, "codigo=negative&limit=5")
        while following:
            body = (await client.get(following)).json()
            pages.append([entry["fila"] for entry in body["errores"]])
            following = body["next"]
        assert pages == [[1], [], [4502]]
        assert await rows(client, task_id, "codigo=required_missing&limit=1000") == [*range(2, 4502)]
        assert await rows(client, task_id, "codigo=required_missing&limit=700") == [*range(2, 4502)]


async def test_what_was_mended_is_told_with_the_task(
    environment: dict[str, str], connection: asyncpg.Connection
) -> None:
    parent, first, second = uuid4(), uuid4(), uuid4()
    result = {"resumen": RESUMEN, "productos_creados": []}
    await insert_task(connection, parent, status=TaskStatus.COMPLETED, failed=3, total=3, result=result)
    await insert_row_errors(connection, parent, [2, 3, 4])
    await connection.execute(
        """UPDATE tasks SET options = '{"reemplazar_duplicados": true, "validar": false}'"""
    )
    async with catalog_api(environment) as client:
        body = (await client.get(url(parent))).json()
        assert (body["opciones"]["reemplazar_duplicados"], body["correcciones"]) == (True, None)
        for child in (first, second):
            await insert_task(connection, child, status=TaskStatus.COMPLETED)
            await connection.execute("UPDATE tasks SET parent_task_id = $2 WHERE task_id = $1", child, parent)
        await connection.execute(
            "UPDATE tasks SET resolved = 2, revision = revision + 1 WHERE task_id = $1", parent
        )
    async with catalog_api({**environment, "REDIS_URL": "redis://127.0.0.1:1/0"}) as client:
        answer = await client.get(url(parent))
        StatusBody.model_validate_json(answer.content)
        mended = {"abiertas": 1, "resueltas": 2, "cargas": [str(first), str(second)]}
        assert answer.json()["correcciones"] == mended
        assert answer.json()["result"]["enlaces"]["errores_xlsx"].endswith(f"{parent}/errores.xlsx")
        assert (await client.get(url(first))).json()["origen"] == str(parent)
        await connection.execute("UPDATE tasks SET resolved = 3 WHERE task_id = $1", parent)
        links = (await client.get(url(parent))).json()["result"]["enlaces"]
        assert [links[name] for name in ("errores_xlsx", "errores_csv", "reintentar")] == [None] * 3
