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


class Processor(Protocol):
    """What a kind of table knows: how a row is checked, what a batch of rows does, what the person is told.

    Task, message, ledger, progress and errors are not its business.
    """

    #: ``package.module:function`` of the ``CheckerFactory`` that the reading child uses.
    checker: str

    async def write(self, connection: asyncpg.Connection, upload: UploadMessage, batch: Batch) -> Effect:
        """Give the rows their effect, in the caller's transaction, and tell what it was."""
        ...

    async def rehearse(self, connection: asyncpg.Connection, upload: UploadMessage) -> None:
        """Prepare a dry run: from now on :meth:`write` on this connection works on a copy that ends with it,
        comes to the same, and holds nobody up."""
        ...

    def result(self, progress: Progress, tallies: dict[str, int], outputs: list[str]) -> dict[str, Any]:
        """Return the result of a completed task, by the names that clients read."""
        ...


PROCESSORS: dict[str, Processor] = {
    "catalog": CatalogProcessor(),
}
