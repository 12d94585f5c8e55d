"""``infra.migrate``: once is as good as often, alone as good as all at once, and a kill does no harm."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import psycopg
import pytest

from common.ledger import read_task
from common.tasks import Progress, TaskStatus
from infra.embedded.stores import Stores
from infra.migrate import MIGRATIONS, migrate, pending
from tests.support.ledger_rows import insert_task
from tests.support.waiting import eventually

_MIGRATE_FROM = """
import sys
from pathlib import Path
from infra.migrate import migrate

migrate(sys.argv[1], Path(sys.argv[2]))
"""

_NAMES = sorted(path.stem for path in MIGRATIONS.glob("*.sql"))


@pytest.fixture
async def empty_database(stores: Stores) -> AsyncIterator[str]:
    """A database without a schema."""
    await stores.start()
    name = f"empty_{uuid4().hex[:12]}"
    admin = stores.postgres.url_of("postgres")
    async with await psycopg.AsyncConnection.connect(admin, autocommit=True) as connection:
        await connection.execute(f"CREATE DATABASE {name}".encode())
        yield stores.postgres.url_of(name)
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


async def _tables(database_url: str) -> set[str]:
    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        cursor = await connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {name for (name,) in await cursor.fetchall()}


async def test_twice_is_once(empty_database: str) -> None:
    assert await asyncio.to_thread(migrate, empty_database) == _NAMES
    tables = await _tables(empty_database)
    assert {"products", "tasks"} <= tables
    assert await asyncio.to_thread(migrate, empty_database) == []
    assert await _tables(empty_database) == tables


async def test_tasks_of_an_older_schema_stay_and_are_understood(empty_database: str, tmp_path: Path) -> None:
    for file in sorted(MIGRATIONS.glob("*.sql"))[:3]:
        (tmp_path / file.name).write_text(file.read_text())
    await asyncio.to_thread(migrate, empty_database, tmp_path)
    task_id = uuid4()
    connection: asyncpg.Connection = await asyncpg.connect(empty_database)
    try:
        await insert_task(connection, task_id, status=TaskStatus.PROCESSING, successful=7, failed=3, total=20)
        assert await asyncio.to_thread(migrate, empty_database) == _NAMES[3:]
        record = await read_task(connection, task_id)
    finally:
        await connection.close()
    assert record is not None
    assert record.progress == Progress(20, 10, 7, 3)
    assert (record.columns, record.notices, record.facts, record.fault_groups) == ([], [], {}, [])


async def test_what_is_pending_can_be_asked_without_changing_anything(
    empty_database: str, tmp_path: Path
) -> None:
    assert await asyncio.to_thread(pending, empty_database) == _NAMES
    assert await _tables(empty_database) == set()
    await asyncio.to_thread(migrate, empty_database)
    assert await asyncio.to_thread(pending, empty_database) == []
    (tmp_path / "9999.later.sql").write_text("SELECT 1;")
    assert await asyncio.to_thread(pending, empty_database, tmp_path) == ["9999.later"]


async def test_many_at_once_apply_each_migration_once(empty_database: str) -> None:
    command = (sys.executable, "-m", "infra.migrate")
    environment = {**os.environ, "DATABASE_URL": empty_database, "PYTHONPATH": str(Path.cwd())}
    running = [
        await asyncio.create_subprocess_exec(*command, env=environment, stdout=asyncio.subprocess.PIPE)
        for _ in range(4)
    ]
    outputs = [(await process.communicate())[0].decode() for process in running]
    assert [process.returncode for process in running] == [0] * 4
    applied = [line for output in outputs for line in output.splitlines() if line.startswith("applied")]
    assert sorted(applied) == [f"applied {name}" for name in _NAMES]


async def test_a_kill_in_the_middle_does_no_harm(empty_database: str, tmp_path: Path) -> None:
    (tmp_path / "0001.first.sql").write_text("CREATE TABLE first (n int);")
    (tmp_path / "0002.second.sql").write_text(
        "CREATE TABLE second (n int);\nSELECT pg_advisory_xact_lock(42);\nCREATE TABLE third (n int);"
    )
    command = (sys.executable, "-c", _MIGRATE_FROM, empty_database, tmp_path)
    async with await psycopg.AsyncConnection.connect(empty_database, autocommit=True) as gate:
        await gate.execute("SELECT pg_advisory_lock(42)")
        process = await asyncio.create_subprocess_exec(*command, cwd=Path.cwd())
        await eventually(lambda: _waits_at_the_gate(gate))
        process.send_signal(signal.SIGKILL)
        await process.wait()
        await gate.execute("SELECT pg_advisory_unlock(42)")

    assert await asyncio.to_thread(migrate, empty_database, tmp_path) == ["0002.second"]
    assert {"first", "second", "third"} <= await _tables(empty_database)


async def _waits_at_the_gate(connection: psycopg.AsyncConnection) -> bool:
    cursor = await connection.execute(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 42 AND NOT granted"
    )
    return await cursor.fetchone() == (1,)


async def test_a_migration_that_fails_leaves_the_ones_before_it(empty_database: str, tmp_path: Path) -> None:
    (tmp_path / "0001.good.sql").write_text("CREATE TABLE good (n int);")
    (tmp_path / "0002.bad.sql").write_text("CREATE TABLE half (n int);\nSELECT 1 / 0;")
    with pytest.raises(psycopg.Error, match="division by zero"):
        await asyncio.to_thread(migrate, empty_database, tmp_path)
    assert {"good", "half"} & await _tables(empty_database) == {"good"}
    (tmp_path / "0002.bad.sql").write_text("CREATE TABLE half (n int);")
    assert await asyncio.to_thread(migrate, empty_database, tmp_path) == ["0002.bad"]


@pytest.mark.parametrize(
    ("database_url", "code", "said"),
    [
        ("", 2, "DATABASE_URL"),
        ("postgresql://carga@127.0.0.1:1/carga", 1, "127.0.0.1"),
        ("mysql://localhost/carga", 1, "mysql"),
    ],
)
async def test_the_command_says_what_is_wrong(database_url: str, code: int, said: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "infra.migrate"),
        env={**os.environ, "DATABASE_URL": database_url},
        stderr=asyncio.subprocess.PIPE,
        cwd=Path.cwd(),
    )
    _, errors = await process.communicate()
    assert process.returncode == code
    assert said in errors.decode()
    assert "Traceback" not in errors.decode()
