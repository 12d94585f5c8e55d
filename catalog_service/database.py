"""The pool of connections to PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import structlog

from catalog_service.errors import DatabaseUnavailable

log = structlog.get_logger(__name__)


class Database:
    """Connections made when they are needed: the API starts, and takes uploads, while PostgreSQL is down."""

    def __init__(self, pool: asyncpg.Pool, timeout_seconds: float) -> None:
        self._pool = pool
        self._timeout_seconds = timeout_seconds

    @asynccontextmanager
    async def connection(self, *, within_seconds: float | None = None) -> AsyncIterator[asyncpg.Connection]:
        """Lend a connection for a few statements, which may take the usual time or ``within_seconds``.

        Raises:
            DatabaseUnavailable: PostgreSQL could not be reached, or did not answer in time.
        """
        try:
            # the outer time-out bounds the statements, the pool's own the return of a connection that hangs
            async with (
                asyncio.timeout(within_seconds or self._timeout_seconds),
                self._pool.acquire(timeout=self._timeout_seconds) as connection,
            ):
                yield connection
        except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError) as error:
            log.warning("database_failed", reason=type(error).__name__)
            raise DatabaseUnavailable() from error

    async def check(self) -> None:
        """Return when PostgreSQL answers and its tables are there."""
        async with self.connection() as connection:
            await connection.fetchval("SELECT count(*) FROM (SELECT FROM tasks LIMIT 1) AS one")


@asynccontextmanager
async def open_database(url: str, *, size: int, timeout_seconds: float) -> AsyncIterator[Database]:
    """Open a pool of up to ``size`` connections, none of them yet."""
    pool = await asyncpg.create_pool(url, min_size=0, max_size=size, timeout=timeout_seconds)
    try:
        yield Database(pool, timeout_seconds)
    finally:
        # nothing is under way any more, and a polite goodbye to a server that hangs would hang too
        pool.terminate()
