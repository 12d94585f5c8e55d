"""The catalogue as a kind of upload."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from worker.processors.catalog import products
from worker.processors.catalog.fold import Fold
from worker.processors.catalog.writer import CatalogWriter

if TYPE_CHECKING:
    import asyncpg

    from common.messages import UploadMessage
    from common.tasks import Progress


class CatalogProcessor:
    """Rows become products, with the outcome of taking them one by one in file order."""

    checker = "worker.processors.catalog.rows:make_checker"

    def writer(self, upload: UploadMessage) -> CatalogWriter:
        """Return what writes the upload's batches."""
        return CatalogWriter(upload)

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
