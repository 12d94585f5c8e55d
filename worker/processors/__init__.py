"""Kinds of upload. A new kind is one package here and one line in ``PROCESSORS``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from worker.processors.catalog.processor import CatalogProcessor

if TYPE_CHECKING:
    import asyncpg

    from common.messages import UploadMessage
    from common.tasks import Progress
    from worker.effects import Effect
    from worker.readers.sandbox import Batch


class Writer(Protocol):
    """Writes the batches of one attempt, in file order."""

    async def stage(self, connection: asyncpg.Connection, batch: Batch) -> bool:
        """Bring a batch to the server if that helps, where nobody else sees it and it locks nothing: the
        batch before may still be under way, on another connection. Return whether it was done. What was
        staged on the connection before is no longer needed."""
        ...

    async def write(self, connection: asyncpg.Connection, batch: Batch, *, staged: bool) -> Effect:
        """Give the rows their effect, in the caller's transaction, and tell what it was. ``staged``: what
        :meth:`stage` returned, on this connection."""
        ...


class Processor(Protocol):
    """What a kind of table knows: how a row is checked, what a batch of rows does, what the person is told.

    Task, message, ledger, progress and errors are not its business.
    """

    #: ``package.module:function`` of the ``CheckerFactory`` that the reading child uses.
    checker: str

    def writer(self, upload: UploadMessage) -> Writer:
        """Return what writes the rows of an upload."""
        ...

    async def rehearse(self, connection: asyncpg.Connection, upload: UploadMessage) -> None:
        """Prepare a dry run: from now on a writer works on this connection on a copy that ends with it,
        comes to the same, and holds nobody up."""
        ...

    def result(self, progress: Progress, tallies: dict[str, int], outputs: list[str]) -> dict[str, Any]:
        """Return the result of a completed task, by the names that clients read."""
        ...


PROCESSORS: dict[str, Processor] = {
    "catalog": CatalogProcessor(),
}
