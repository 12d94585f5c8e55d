"""Stopping an import at a point of one's choice, without ever looking at a clock."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from urllib.parse import urlsplit

import asyncpg

from tests.support.waiting import eventually
from worker.processors import PROCESSORS
from worker.processors.catalog.processor import CatalogProcessor


class StopAfter(asyncio.Event):
    """The event of a worker that is told to stop once so many batches are committed."""

    def __init__(self, batches: int) -> None:
        super().__init__()
        self._left = batches

    def is_set(self) -> bool:
        """Asked once before every batch."""
        self._left -= 1
        return self._left < 0


class ProviderLock:
    """The lock that a batch takes before it looks at a provider's products, held by the test.

    While it is held the import stands still in the middle of a batch; :meth:`step` lets one batch through.
    """

    def __init__(self, connection: asyncpg.Connection, proveedor_id: str) -> None:
        self.connection = connection
        self._proveedor_id = proveedor_id

    async def take(self) -> None:
        """Wait for it, behind whoever waits already."""
        await self.connection.execute("SELECT pg_advisory_lock(hashtextextended($1, 0))", self._proveedor_id)

    async def release(self) -> None:
        """Let the imports go on."""
        await self.connection.execute(
            "SELECT pg_advisory_unlock(hashtextextended($1, 0))", self._proveedor_id
        )

    async def someone_waits(self) -> None:
        """Return once an import stands before it."""
        await someone_waits_for_a_lock(self.connection)

    async def step(self) -> None:
        """Let the batch that waits pass, and no other; return when it has been committed."""
        await self.release()
        await self.take()


@asynccontextmanager
async def provider_lock(database_url: str, proveedor_id: str = "PROV001") -> AsyncIterator[ProviderLock]:
    """The provider's lock, taken; given back at the end at the latest."""
    connection = await asyncpg.connect(database_url)
    try:
        lock = ProviderLock(connection, proveedor_id)
        await lock.take()
        yield lock
    finally:
        await connection.close()


async def someone_waits_for_a_lock(connection: asyncpg.Connection) -> None:
    """Return once a session waits for an advisory lock of this database."""

    async def waits() -> bool:
        found: bool = await connection.fetchval(
            """
            SELECT EXISTS (SELECT FROM pg_locks JOIN pg_database AS d ON d.oid = database
                            WHERE locktype = 'advisory' AND NOT granted AND d.datname = current_database())
            """
        )
        return found

    await eventually(waits)


async def waits_for(event: str, connection: asyncpg.Connection, application_name: str = "") -> None:
    """Return once a session waits for a lock of that kind (a wait event of PostgreSQL); unless told otherwise
    one without a name, as the API's and those of tests are."""

    async def waits() -> bool:
        found: bool = await connection.fetchval(
            """
            SELECT EXISTS (SELECT FROM pg_stat_activity
                            WHERE datname = current_database() AND wait_event_type = 'Lock'
                              AND wait_event = $1 AND application_name = $2)
            """,
            event,
            application_name,
        )
        return found

    await eventually(waits)


@contextmanager
def kind_of_upload(name: str, processor: CatalogProcessor) -> Iterator[None]:
    """Make ``processor`` known to workers of this process as a kind of upload."""
    PROCESSORS[name] = processor
    try:
        yield
    finally:
        del PROCESSORS[name]


@asynccontextmanager
async def server_that_breaks_off(target: str, after_bytes: int) -> AsyncIterator[str]:
    """The URL of a server that answers as ``target`` does, but hangs up in the middle of a long answer."""
    host, port = urlsplit(target).hostname, urlsplit(target).port

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to_reader, to_writer = await asyncio.open_connection(host, port)
        to_writer.write(await reader.read(1 << 16))
        writer.write(await to_reader.readexactly(after_bytes))
        await writer.drain()
        to_writer.close()
        writer.close()

    server = await asyncio.start_server(pass_on, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()


class StandStill:
    """A point in the life of a task at which whoever gets there waits, told to PostgreSQL as a trigger."""

    #: Any number that nobody else locks.
    _KEY = 4711

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def somebody_is_there(self) -> None:
        """Return once a worker has come to the point."""
        await someone_waits_for_a_lock(self._connection)

    async def end(self) -> None:
        """Let everybody pass from now on."""
        await self._connection.execute("SELECT pg_advisory_unlock($1)", self._KEY)

    @classmethod
    @asynccontextmanager
    async def before(
        cls, database_url: str, event: str, table: str, condition: str
    ) -> AsyncIterator["StandStill"]:
        """Wait before ``event`` (INSERT, UPDATE) on a row of ``table`` for which ``condition`` holds."""
        connection = await asyncpg.connect(database_url)
        try:
            await connection.execute(f"""
                SELECT pg_advisory_lock({cls._KEY});
                CREATE FUNCTION stand_still() RETURNS trigger LANGUAGE plpgsql AS
                    'BEGIN PERFORM pg_advisory_xact_lock_shared({cls._KEY}); RETURN NEW; END';
                CREATE TRIGGER stand_still BEFORE {event} ON {table} FOR EACH ROW WHEN ({condition})
                    EXECUTE FUNCTION stand_still();
            """)
            yield cls(connection)
        finally:
            await connection.close()
