"""Redis clients, from one place: what they raise when a connection breaks is always a ``RedisError``."""

from collections.abc import Iterable
from typing import Any

from redis.asyncio import Connection, ConnectionPool, Redis, SSLConnection
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as RedisConnectionError


class _CutAware(Connection):
    """A connection that may be cut between its being taken from the pool and the first byte written to it.

    redis-py then writes to a transport that is closed, of which asyncio says AttributeError and uvloop
    RuntimeError; both are news to whoever expects a fault of Redis, and to redis-py's own retry.
    """

    async def send_packed_command(
        self, command: bytes | str | Iterable[bytes], check_health: bool = True
    ) -> None:
        try:
            await super().send_packed_command(command, check_health)
        except (AttributeError, RuntimeError) as error:
            raise RedisConnectionError("Connection closed before it was written to") from error


class _CutAwareTls(_CutAware, SSLConnection):
    pass


_CUT_AWARE: dict[type[AbstractConnection], type[AbstractConnection]] = {
    Connection: _CutAware,
    SSLConnection: _CutAwareTls,
}


def redis_client(url: str, **options: Any) -> Redis:
    """Return a client for a ``redis://`` or ``rediss://`` URL; ``options`` are those of ``Redis.from_url``.

    Nothing is connected yet; ``aclose`` closes the connections.
    """
    pool = ConnectionPool.from_url(url, **options)
    pool.connection_class = _CUT_AWARE.get(pool.connection_class, pool.connection_class)
    return Redis.from_pool(pool)
