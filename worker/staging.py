"""Batches on their way: while one is being written, the next is brought to the server on another connection.

That takes the parsing and checking of its values off the way of the batch that holds the locks. What is there
touches nothing until its turn comes, and no transaction is open for it: however long that takes, nobody takes
the session for one that was deserted.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import cycle

import asyncpg

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
        self._in_use: asyncpg.Connection | None = None
        self._coming: asyncio.Task[StagedBatch | None] | None = None

    async def next(self) -> StagedBatch | None:
        """Return the next batch, None at the end of the file. While it is being written, the one behind it is
        on its way.

        Raises what reading the file does (:meth:`RowSource.next_batch`), and what a database does.
        """
        staged = await (self._coming or self._stage())
        self._coming = asyncio.create_task(self._stage()) if staged and self._is_ahead else None
        return staged

    async def close(self) -> None:
        """Leave what is on its way."""
        if self._coming is not None:
            self._coming.cancel()
            await asyncio.gather(self._coming, return_exceptions=True)
        if self._in_use is not None:
            # in the middle of something: not worth bringing to order
            self._in_use.terminate()

    async def _stage(self) -> StagedBatch | None:
        batch = await self._source.next_batch()
        if batch is None:
            return None
        self._in_use = connection = next(self._turns)
        is_staged = await self._writer.stage(connection, batch)
        self._in_use = None
        return StagedBatch(batch, connection, is_staged)


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
