"""Redis clients, from one place: what they raise when a connection breaks is always a ``RedisError``, and who
uses them can be cancelled."""

import asyncio
from collections.abc import Iterable
from typing import Any

from redis.asyncio import Connection, ConnectionPool, Redis, SSLConnection
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as RedisConnectionError


class _Interruptible(Connection):
    """A connection that may be cut, and its user cancelled, at any moment.

    Cut between its being taken from the pool and the first byte written to it, redis-py writes to a transport
    that is closed, of which asyncio says AttributeError and uvloop RuntimeError; both are news to whoever
    expects a fault of Redis, and to redis-py's own retry.

    redis-py writes through ``asyncio.wait_for``, which on Python 3.11 loses a cancellation that arrives as
    the writing ends (python/cpython#86296): the task would go on as if nobody had told it to stop, and a
    time-out would not be one.
    """

    async def send_packed_command(
        self, command: bytes | str | Iterable[bytes], check_health: bool = True
    ) -> None:
        task = asyncio.current_task()
        cancelled_before = task.cancelling() if task else 0
        try:
            await super().send_packed_command(command, check_health)
        except (AttributeError, RuntimeError) as error:
            raise RedisConnectionError("Connection closed before it was written to") from error
        if task and task.cancelling() > cancelled_before:
            # nobody will read the answer
            await self.disconnect(nowait=True)
            raise asyncio.CancelledError


class _InterruptibleTls(_Interruptible, SSLConnection):
    pass


_INTERRUPTIBLE: dict[type[AbstractConnection], type[AbstractConnection]] = {
    Connection: _Interruptible,
    SSLConnection: _InterruptibleTls,
}


def redis_client(url: str, **options: Any) -> Redis:
    """Return a client for a ``redis://`` or ``rediss://`` URL; ``options`` are those of ``Redis.from_url``.

    Nothing is connected yet; ``aclose`` closes the connections.
    """
    pool = ConnectionPool.from_url(url, **options)
    pool.connection_class = _INTERRUPTIBLE.get(pool.connection_class, pool.connection_class)
    return Redis.from_pool(pool)
