"""Each embedded store by itself: it starts, keeps what it should, and survives what a machine does to it."""

import asyncio
import os
import socket
from pathlib import Path

import psutil
import psycopg
import pytest
from redis.asyncio import Redis

from infra.embedded.errors import PortTaken, StoreError
from infra.embedded.ports import free_port, is_free
from infra.embedded.postgres import Postgres
from infra.embedded.server import Server
from infra.embedded.valkey import Valkey
from tests.support.waiting import eventually


async def _query(server: Postgres, statement: str) -> list[tuple[object, ...]]:
    async with await psycopg.AsyncConnection.connect(server.url, autocommit=True) as connection:
        cursor = await connection.execute(statement.encode())
        return await cursor.fetchall() if cursor.description else []


async def test_postgres_keeps_committed_rows_when_it_is_restarted_or_killed(tmp_path: Path) -> None:
    async with Postgres(tmp_path) as server:
        url = server.url
        await _query(server, "CREATE TABLE kept (n int)")
        await _query(server, "INSERT INTO kept VALUES (1)")
        await server.restart()
        await _query(server, "INSERT INTO kept VALUES (2)")
        await server.kill()
        assert not server.running
        await server.start()
        assert server.url == url
        assert await _query(server, "SELECT n FROM kept ORDER BY n") == [(1,), (2,)]


async def test_no_backend_of_a_killed_postgres_works_on_beside_the_next_one(tmp_path: Path) -> None:
    async with (
        Postgres(tmp_path) as server,
        await psycopg.AsyncConnection.connect(server.url, autocommit=True) as connection,
    ):
        endless = asyncio.create_task(
            connection.execute("SELECT count(*) FROM generate_series(1, 1000000000000)")
        )

        active = "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid()"

        async def is_busy() -> bool:
            return (connection.info.backend_pid,) in await _query(server, active)

        await eventually(is_busy)
        backend = psutil.Process(connection.info.backend_pid)
        await server.kill()
        await server.start()
        assert not backend.is_running() or backend.status() == psutil.STATUS_ZOMBIE
        with pytest.raises(psycopg.OperationalError):
            await endless


async def test_postgres_does_not_cheat_for_speed(tmp_path: Path) -> None:
    async with Postgres(tmp_path) as server:
        settings = ("fsync", "synchronous_commit", "full_page_writes")
        assert [await _query(server, f"SHOW {name}") for name in settings] == [[("on",)]] * 3


async def test_postgres_starts_over_the_pid_file_of_a_dead_one(tmp_path: Path) -> None:
    server = Postgres(tmp_path)
    await server.start()
    pid_file = tmp_path / "data" / "postmaster.pid"
    stale = pid_file.read_text()
    await server.stop()
    # As if the number had been given to another process since: to this one.
    pid_file.write_text(stale.replace(str(server.process.pid), str(os.getpid()), 1))
    async with Postgres(tmp_path) as again:
        assert await _query(again, "SELECT 1") == [(1,)]


async def test_an_interrupted_initdb_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "data.new").mkdir()
    (tmp_path / "data.new" / "PG_VERSION").write_text("18\n")
    async with Postgres(tmp_path) as server:
        assert await _query(server, "SELECT 1") == [(1,)]


async def test_valkey_keeps_its_keys_over_a_restart(tmp_path: Path) -> None:
    async with Valkey(tmp_path) as server:
        async with Redis.from_url(server.url) as redis:
            await redis.set("task", "kept")
        await server.restart()
        async with Redis.from_url(server.url) as redis:
            assert await redis.get("task") == b"kept"
        await server.kill()
        await server.start()
        async with Redis.from_url(server.url) as redis:
            assert await redis.ping()


@pytest.mark.parametrize("kind", [Postgres, Valkey])
async def test_it_listens_on_loopback_only(kind: type[Server], tmp_path: Path) -> None:
    async with kind(tmp_path) as server:
        sockets = psutil.Process(server.process.pid).net_connections(kind="all")
        listening = {s.laddr.ip for s in sockets if s.status == psutil.CONN_LISTEN}
        assert listening == {"127.0.0.1"}


@pytest.mark.parametrize("kind", [Postgres, Valkey])
async def test_a_taken_port_is_named(kind: type[Server], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        server = kind(tmp_path, port)
        with pytest.raises(PortTaken, match=str(port)):
            await server.start()
        assert not server.running


async def test_a_given_port_is_used(tmp_path: Path) -> None:
    port = free_port()
    async with Valkey(tmp_path, port) as server:
        assert server.port == port
        assert not is_free(port)
    assert is_free(port)


async def test_a_server_that_cannot_start_shows_its_log_and_leaves_no_process(tmp_path: Path) -> None:
    class Impatient(Postgres):
        retry_seconds = 0

    server = Impatient(tmp_path)
    await server.start()
    await server.stop()
    (tmp_path / "data" / "PG_VERSION").write_text("12\n")
    with pytest.raises(StoreError, match="database files are incompatible"):
        await server.start()
    assert not server.running
    assert not psutil.pid_exists(server.process.pid)
