"""Batches on their way: while one is being written, the next is brought to the server on another connection.

That takes the parsing and checking of its values off the way of the batch that holds the locks. What is there
touches nothing until its turn comes: the transaction that it is in is gone with whatever ends it.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import asyncpg

from worker.database import DATABASE_FAULTS
from worker.processors import Writer
from worker.readers.sandbox import Batch, RowSource


@dataclass(frozen=True)
class StagedBatch:
    """A batch on the connection on which it is to be written. ``is_staged``: its rows are there already."""

    batch: Batch
    connection: asyncpg.Connection
    is_staged: bool


class Staging:
    """The batches of a file, one after the other, on connections that take turns."""

    def __init__(self, source: RowSource, writer: Writer, connections: Sequence[asyncpg.Connection]) -> None:
        self._source = source
        self._writer = writer
        self._turns = cycle(connections)
        self._is_ahead = len(connections) > 1
        self._open: dict[asyncpg.Connection, Any] = {}
        self._coming: asyncio.Task[StagedBatch | None] | None = None

    async def next(self) -> StagedBatch | None:
        """Return the next batch, None at the end of the file. While it is being written, the one behind it is
        on its way.

        Raises what reading the file does (:meth:`RowSource.next_batch`), and what a database does.
        """
        staged = await (self._coming or self._stage())
        self._coming = asyncio.create_task(self._stage()) if staged and self._is_ahead else None
        return staged

    @asynccontextmanager
    async def committed(self, staged: StagedBatch) -> AsyncIterator[None]:
        """Commit the batch's transaction at the end of the context; take it back where that ends in an
        error."""
        transaction = self._open[staged.connection]
        try:
            yield
        except BaseException:
            with suppress(*DATABASE_FAULTS):
                await transaction.rollback()
                del self._open[staged.connection]
            raise
        await transaction.commit()
        del self._open[staged.connection]

    async def close(self) -> None:
        """Leave what is on its way, and what was never written."""
        if self._coming is not None:
            self._coming.cancel()
            await asyncio.gather(self._coming, return_exceptions=True)
        for connection in self._open:
            # in the middle of something: not worth bringing to order
            connection.terminate()

    async def _stage(self) -> StagedBatch | None:
        batch = await self._source.next_batch()
        if batch is None:
            return None
        connection = next(self._turns)
        self._open[connection] = transaction = connection.transaction()
        await transaction.start()
        return StagedBatch(batch, connection, await self._writer.stage(connection, batch))


@asynccontextmanager
async def staging(
    source: RowSource, writer: Writer, connections: Sequence[asyncpg.Connection]
) -> AsyncIterator[Staging]:
    """Stage while the context lasts. With a single connection a batch is staged when it is asked for."""
    batches = Staging(source, writer, connections)
    try:
        yield batches
    finally:
        await batches.close()
