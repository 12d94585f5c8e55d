"""The pool of connections to PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

#: What a call raises when the database, rather than the statement, is at fault: it may pass.
#: ``asyncpg.InternalClientError`` and ``InterfaceError`` are what a connection raises that broke in mid-call.
DATABASE_FAULTS = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.UndefinedTableError,
)

#: Every statement of the worker finds its rows by key. Planned while the tables are small, when one way is as
#: good as another, it may read them whole, and must not go on so when an import has made them large.
_SESSION = {
    "application_name": "carga-worker",
    "plan_cache_mode": "force_custom_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}


class Database:
    """A pool that is opened when first needed, so that the worker starts while PostgreSQL is down."""

    def __init__(self, url: str, connections: int, idle_seconds: float = 60) -> None:
        """``idle_seconds``: a transaction in which nothing happens for that long is broken off by the server,
        so that a worker that was frozen in the middle of a batch holds up neither task nor provider."""
        self._url = url
        self._connections = connections
        self._session = _SESSION | {"idle_in_transaction_session_timeout": str(round(idle_seconds * 1000))}
        self._pool: asyncpg.Pool | None = None

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.Connection]:
        """Lend a connection. Raises one of ``DATABASE_FAULTS`` when there is none to be had within five
        seconds."""
        if self._pool is None:
            pool = asyncpg.create_pool(
                self._url, min_size=0, max_size=self._connections, timeout=5, command_timeout=60,
                server_settings=self._session,
            )  # fmt: skip
            self._pool = await pool
        async with self._pool.acquire(timeout=5) as connection:
            yield connection

    @asynccontextmanager
    async def private_connection(self) -> AsyncIterator[asyncpg.Connection]:
        """Open a connection that nobody else gets, before or after: whatever its session holds ends with it.

        Raises one of ``DATABASE_FAULTS`` when there is none to be had within five seconds.
        """
        connection = await asyncpg.connect(
            self._url, timeout=5, command_timeout=60, server_settings=self._session
        )
        try:
            yield connection
        finally:
            # says nothing and waits for nothing
            connection.terminate()

    async def is_ready(self) -> bool:
        """Return whether the ledger can be read right now."""
        try:
            async with self.connection() as connection:
                await connection.execute("SELECT FROM tasks LIMIT 0", timeout=5)
        except (asyncpg.PostgresError, *DATABASE_FAULTS):
            # whatever it answers that is no table: an unknown database or role ends no worker
            return False
        return True

    async def close(self) -> None:
        """Close every connection, at once."""
        if self._pool is not None:
            self._pool.terminate()
