"""Redis clients: a broken connection is a fault of Redis, whatever the event loop calls it, and whoever is
cancelled hears of it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvloop
from redis.asyncio import Redis, SSLConnection
from redis.exceptions import ConnectionError as RedisConnectionError

from common.redis import redis_client


def a_connection(redis: Redis) -> Any:
    """Return one as the client makes them, not connected yet."""
    pool: Any = redis.connection_pool
    return pool.make_connection()


@asynccontextmanager
async def a_connection_to_a_silent_server() -> AsyncIterator[Any]:
    server = await asyncio.get_running_loop().create_server(asyncio.Protocol, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    silent = {"protocol": 2, "driver_info": None}
    async with server, redis_client(f"redis://127.0.0.1:{port}/0", **silent) as redis:
        connection = a_connection(redis)
        await connection.connect()
        yield connection
        await connection.disconnect(nowait=True)


async def turns_of_the_loop(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def write_to_a_connection_that_is_gone() -> None:
    async with a_connection_to_a_silent_server() as connection:
        connection._writer.transport.abort()
        # the loop closes it in steps; the client hears of none of them
        await turns_of_the_loop(5)
        await connection.send_command("PING")


@pytest.mark.parametrize("make_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_connection_cut_before_it_is_written_to_is_a_fault_of_redis(
    make_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    with (
        asyncio.Runner(loop_factory=make_loop) as runner,
        pytest.raises(RedisConnectionError),
    ):
        runner.run(write_to_a_connection_that_is_gone())


@pytest.mark.parametrize("turns", range(4))
async def test_whoever_is_cancelled_while_writing_hears_of_it(turns: int) -> None:
    async with a_connection_to_a_silent_server() as connection:
        writing = asyncio.create_task(connection.send_command("PING"))
        await turns_of_the_loop(turns)
        cancelled_in_time = writing.cancel()
        await asyncio.wait([writing])
        assert writing.cancelled() == cancelled_in_time
        # an answer that nobody waits for must not be taken for that to the next command
        assert connection.is_connected == (not cancelled_in_time or turns == 0)


async def test_a_url_for_tls_gets_connections_with_tls() -> None:
    async with redis_client("rediss://127.0.0.1:6380/0") as redis:
        assert isinstance(a_connection(redis), SSLConnection)
