"""The list of tasks: newest first, filtered, and each of them on one page only while others arrive."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from catalog_service.schemas import TasksBody
from catalog_service.task_list import TasksWanted, _query
from common.tasks import TaskStatus
from tests.integration.test_status import RESUMEN
from tests.support.catalog_api import assert_problem, catalog_api, post
from tests.support.ledger_rows import insert_task
from tests.support.waiting import eventually

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


async def test_pending_ones_are_not_looked_for(environment: dict[str, str], ledger: Ledger) -> None:
    """The ledger has none: no worker has seen them."""
    failed = await ledger.add(1, status=TaskStatus.FAILED)
    completed = await ledger.add(2)
    async with catalog_api(environment) as client:
        assert await listed(client, "status=pending&status=failed") == [failed]
        assert await listed(client, "status=pending&status=completed&status=completed") == [completed]
    async with catalog_api({**environment, "DATABASE_URL": "postgresql://u@127.0.0.1:1/d"}) as client:
        assert await listed(client, "status=pending") == []
        assert_problem(await client.get(f"{TASKS}?status=failed"), 503, "database_unavailable")


_MANY_TASKS = """
INSERT INTO tasks
       (proveedor_id, task_id, kind, filename, s3_bucket, s3_key, accepted_at, status, completed_at)
SELECT 'PROV001', gen_random_uuid(), 'catalog', 'p.csv', 'b', 'k', now() - n * interval '1 minute',
       CASE WHEN n % 2500 = 0 THEN 'failed' ELSE 'completed' END, now()
  FROM generate_series(1, 5000) AS n
"""


async def plan(ledger: Ledger, wanted: TasksWanted) -> str:
    """How PostgreSQL would find the first page."""
    query, values = _query(wanted, None, 51)
    return "\n".join(row[0] for row in await ledger.connection.fetch(f"EXPLAIN (VERBOSE) {query}", *values))


async def test_the_newest_of_a_rare_state_are_found_by_an_index(ledger: Ledger) -> None:
    await ledger.connection.execute(_MANY_TASKS)
    await ledger.connection.execute("ANALYZE tasks")
    for statuses in ([TaskStatus.FAILED], [TaskStatus.FAILED, TaskStatus.CANCELLED]):
        assert "tasks_newest_by_status" in await plan(ledger, TasksWanted(statuses=statuses))


async def test_what_is_not_shown_is_not_read(ledger: Ledger) -> None:
    for wanted in (TasksWanted(), TasksWanted(statuses=[TaskStatus.FAILED])):
        read = await plan(ledger, wanted)
        assert "tallies" in read
        for column in ("sample", "columns", "facts"):
            assert column not in read


async def test_searches_leave_connections_to_others(
    environment: dict[str, str], ledger: Ledger, connection: asyncpg.Connection
) -> None:
    there = await ledger.add(1)
    products = "/api/catalog/items?proveedor_id=PROV001"

    async def held_up() -> int:
        count: int = await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return count

    async def two_are() -> bool:
        return await held_up() >= 2

    async with catalog_api(environment, database_pool_size=3) as client:
        async with ledger.connection.transaction():
            await ledger.connection.execute("LOCK TABLE tasks")
            searches = [asyncio.create_task(client.get(f"{TASKS}?q=p")) for _ in range(5)]
            await eventually(two_are)
            assert (await client.get(products)).status_code == 200
            assert await held_up() == 2
        for search in await asyncio.gather(*searches):
            assert [task["task_id"] for task in search.json()["tasks"]] == [there]


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
