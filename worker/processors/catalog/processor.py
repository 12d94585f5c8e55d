"""The catalogue as a kind of upload: look up, fold, write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from worker.effects import Effect
from worker.processors.catalog import products
from worker.processors.catalog.fold import Fold, fold

if TYPE_CHECKING:
    import asyncpg

    from common.messages import UploadMessage
    from common.tasks import Progress
    from worker.readers.sandbox import Batch


class CatalogProcessor:
    """Rows become products, with the outcome of taking them one by one in file order."""

    checker = "worker.processors.catalog.rows:make_checker"

    async def write(self, connection: asyncpg.Connection, upload: UploadMessage, batch: Batch) -> Effect:
        """Write the batch's products and tell what each row came to."""
        if not upload.validar:
            await products.lock_provider(connection, upload.proveedor_id)
        existing = await products.find_matching(connection, upload, [row.keys for row in batch.checked])
        folded = fold(batch.checked, existing, replace=upload.reemplazar_duplicados)
        await products.write(connection, upload, folded.changes)
        return _effect(batch, folded)

    async def rehearse(self, connection: asyncpg.Connection, upload: UploadMessage) -> None:
        """Let this connection take a copy of the provider's products for the catalogue."""
        await products.shadow(connection, upload.proveedor_id)

    def result(self, progress: Progress, tallies: dict[str, int], outputs: list[str]) -> dict[str, Any]:
        """Return the summary and the first created products."""
        return {
            "resumen": {
                "total": progress.processed,
                "exitosos": progress.successful,
                "rechazados": progress.failed,
                **{name: tallies.get(name, 0) for name in Fold.TALLIES},
            },
            "productos_creados": outputs,
        }


def _effect(batch: Batch, folded: Fold) -> Effect:
    row_errors = [(row.fila, row.faults) for row in batch.rejected] + folded.rejected
    return Effect(
        successful=len(batch.checked) - len(folded.rejected),
        failed=len(row_errors),
        tallies=folded.tallies,
        outputs=folded.created,
        row_errors=row_errors,
    )
