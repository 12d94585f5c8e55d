"""The list of tasks: newest first, filtered, and each of them on one page only while others arrive."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from catalog_service.schemas import TasksBody
from common.tasks import TaskStatus
from tests.integration.test_status import RESUMEN
from tests.support.catalog_api import assert_problem, catalog_api, post
from tests.support.ledger_rows import insert_task

TASKS = "/api/catalog/bulk-upload/tasks"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Ledger:
    """Tasks to be listed."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection

    async def add(
        self,
        minute: float,
        *,
        filename: str = "p.csv",
        task_id: UUID | None = None,
        parent: UUID | None = None,
        **fields: Any,
    ) -> str:
        """A task that was accepted so many minutes after noon."""
        task_id = task_id or uuid4()
        await insert_task(self.connection, task_id, **{"status": TaskStatus.COMPLETED, **fields})
        await self.connection.execute(
            "UPDATE tasks SET accepted_at = $2, filename = $3, parent_task_id = $4 WHERE task_id = $1",
            task_id, NOON + timedelta(minutes=minute), filename, parent,
        )  # fmt: skip
        return str(task_id)


@pytest.fixture
async def ledger(environment: dict[str, str]) -> AsyncIterator[Ledger]:
    connection: asyncpg.Connection = await asyncpg.connect(environment["DATABASE_URL"])
    yield Ledger(connection)
    await connection.close()


async def listed(client: httpx.AsyncClient, query: str = "") -> list[str]:
    """The ids on the only page."""
    response = await client.get(f"{TASKS}?{query}")
    assert response.status_code == 200, response.text
    TasksBody.model_validate_json(response.content)
    body = response.json()
    assert (body["next"], body["next_cursor"]) == (None, None)
    return [task["task_id"] for task in body["tasks"]]


async def test_newest_first_and_what_is_told_of_each(environment: dict[str, str], ledger: Ledger) -> None:
    result = {"resumen": RESUMEN, "productos_creados": ["A"]}
    old = await ledger.add(1, successful=2, failed=298, total=300, result=result)
    failed = await ledger.add(
        3, status=TaskStatus.FAILED, error_code="missing_columns", error_params={"columns": ["id"]}
    )
    running = await ledger.add(2, status=TaskStatus.PROCESSING, successful=10, total=30)
    mended = await ledger.add(4, parent=UUID(old))
    async with catalog_api(environment) as client:
        assert await listed(client) == [mended, failed, running, old]
        tasks = (
            await client.get("/api/v1/catalog/bulk-upload/tasks", headers={"Accept-Language": "en"})
        ).json()["tasks"]
        for task in tasks:
            status = (await client.get(task["status_url"], headers={"Accept-Language": "en"})).json()
            result = status.pop("result")
            assert task["status_url"].startswith("/api/v1/")
            assert task == {
                **status,
                "resumen": result and result.get("resumen"),
                "status_url": task["status_url"],
            }
    assert tasks[3]["resumen"] == RESUMEN
    assert tasks[3]["correcciones"] == {"abiertas": 298, "resueltas": 0, "cargas": [mended]}
    assert tasks[0]["origen"] == old
    assert tasks[1]["error"].startswith("Required columns")


async def test_a_dry_run_is_no_correction(environment: dict[str, str], ledger: Ledger) -> None:
    parent = await ledger.add(1, successful=2, failed=3, total=5, result={"resumen": RESUMEN})
    dry_run = await ledger.add(2, parent=UUID(parent))
    await ledger.connection.execute(
        """UPDATE tasks SET options = '{"validar": true}' WHERE task_id = $1""", UUID(dry_run)
    )
    async with catalog_api(environment) as client:
        tasks = (await client.get(TASKS)).json()["tasks"]
        assert (tasks[0]["origen"], tasks[1]["correcciones"]) == (parent, None)
        mended = await ledger.add(3, parent=UUID(parent))
        tasks = (await client.get(TASKS)).json()["tasks"]
        assert tasks[2]["correcciones"]["cargas"] == [mended]


async def test_filters(environment: dict[str, str], ledger: Ledger) -> None:
    task_id = UUID("abcdef01-0000-4000-8000-000000000000")
    a = await ledger.add(1, filename="Catálogo de MARZO.xlsx")
    b = await ledger.add(2, filename="precios.csv", status=TaskStatus.FAILED, proveedor_id="OTRO")
    c = await ledger.add(3, filename="catalogo.csv", status=TaskStatus.CANCELLED, task_id=task_id)
    async with catalog_api(environment) as client:
        await post(client)
        assert await listed(client) == [c, b, a]
        assert await listed(client, "proveedor_id=OTRO") == [b]
        assert await listed(client, "proveedor_id=NADIE") == []
        assert await listed(client, "status=failed") == [b]
        assert await listed(client, "status=failed&status=cancelled") == [c, b]
        assert await listed(client, "status=pending") == []
        assert await listed(client, "q=CATALOGO") == [c, a]
        assert await listed(client, "q=catálogo&proveedor_id=PROV001&status=completed") == [a]
        assert await listed(client, "q=ABCDEF01-00") == [c]
        assert await listed(client, "q=bcdef") == []
        assert await listed(client, "q=%25") == []
        assert await listed(client, "q=%00") == []


async def pages(client: httpx.AsyncClient, query: str) -> AsyncIterator[list[str]]:
    following: str | None = f"{TASKS}?{query}"
    while following:
        body = (await client.get(following)).json()
        assert (body["next"] is None) == (body["next_cursor"] is None)
        yield [task["task_id"] for task in body["tasks"]]
        following = body["next"]


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
async def test_each_is_on_one_page_while_others_arrive(
    environment: dict[str, str], ledger: Ledger, limit: int
) -> None:
    """Also those of the same moment, and those that a worker takes long after they were accepted."""
    there = [await ledger.add(minute // 4, filename="á y b.csv") for minute in range(13)]
    async with catalog_api(environment) as client:
        seen: list[str] = []
        async for page in pages(client, f"limit={limit}&q=%C3%81+Y&proveedor_id=PROV001&status=completed"):
            assert 0 < len(page) <= limit
            seen += page
            await ledger.add(100 + len(seen), filename="á y c.csv")
            await ledger.add(0.5 + len(seen) / 100, filename="á y d.csv")
            assert len(seen) < 100
    assert len(set(seen)) == len(seen)
    assert set(there) <= set(seen)
    moments = await ledger.connection.fetch("SELECT task_id, accepted_at FROM tasks")
    accepted = {str(row["task_id"]): row["accepted_at"] for row in moments}
    order = [(accepted[task_id], task_id) for task_id in seen]
    assert order == sorted(order, reverse=True)


async def test_places_and_parameters_that_are_none(environment: dict[str, str], ledger: Ledger) -> None:
    for minute in range(2):
        await ledger.add(minute)
    async with catalog_api(environment) as client:
        cursor = (await client.get(f"{TASKS}?limit=1")).json()["next_cursor"]
        assert len(await listed(client, f"cursor={cursor}")) == 1
        for bad in ("x", "%00", "=", cursor + "A", cursor[:-2], "ñ", ""):
            assert_problem(await client.get(f"{TASKS}?cursor={bad}"), 422, "invalid_cursor")
        for query in ("limit=0", "limit=201", "status=x", f"q={'x' * 256}"):
            assert_problem(await client.get(f"{TASKS}?{query}"), 422, "invalid_parameters")
        assert_problem(await client.get(f"{TASKS}?proveedor_id="), 422, "invalid_proveedor_id")
