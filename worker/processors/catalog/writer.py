"""Writing the batches of one upload: look up, fold, write; or at once, where nothing about a batch is odd."""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncpg

from worker.effects import Effect
from worker.processors.catalog import incoming, products
from worker.processors.catalog.fold import Fold, fold

if TYPE_CHECKING:
    from common.messages import UploadMessage
    from worker.readers.sandbox import Batch


class _Odd(Exception):
    """What a batch does cannot be told without looking at its rows one by one."""


class CatalogWriter:
    """Writes batch after batch, with the outcome of taking their rows one by one in file order.

    Most batches are even: each key comes once, and all products are new or, where they may be replaced, known
    under the same id and codigo. Then there is nothing to fold, and whether it is so shows in how many rows
    the statements write: a key that comes twice is refused by the one and counted once by the other. A batch
    behind an odd one is not tried that way.
    """

    def __init__(self, upload: UploadMessage) -> None:
        self._upload = upload
        self._expects_even = True
        self._expects_new = True

    async def stage(self, connection: asyncpg.Connection, batch: Batch) -> bool:
        """Bring the rows to the server if that promises to be of use; return whether it was done."""
        if self._expects_even and batch.count:
            await incoming.fill(connection, batch.lines)
            return True
        return False

    async def write(self, connection: asyncpg.Connection, batch: Batch, *, staged: bool) -> Effect:
        """Write the batch's products and tell what each row came to."""
        if not self._upload.validar:
            await products.lock_provider(connection, self._upload.proveedor_id)
        if staged:
            created = await self._write_even(connection, batch)
            if created is not None:
                return _even_effect(batch, created)
        folded = await self._fold(connection, batch)
        self._expects_even = folded.is_even
        return _effect(batch, folded)

    async def _write_even(self, connection: asyncpg.Connection, batch: Batch) -> list[str] | None:
        """Return the ids of the products created; None, and write nothing, where the batch is odd."""
        replace = self._upload.reemplazar_duplicados
        for write in [self._create] * (self._expects_new or not replace) + [self._replace] * replace:
            try:
                async with connection.transaction():
                    created = await write(connection, batch)
            except (_Odd, asyncpg.UniqueViolationError):
                continue
            self._expects_new = len(created) == batch.count
            return created
        return None

    async def _create(self, connection: asyncpg.Connection, batch: Batch) -> list[str]:
        if await incoming.insert(connection, self._upload) != batch.count:
            raise _Odd
        return batch.ids

    async def _replace(self, connection: asyncpg.Connection, batch: Batch) -> list[str]:
        """Update what is known and create the rest; return the ids of what was created."""
        updated = await incoming.update_same(connection, self._upload)
        if updated == batch.count:
            return []
        created = set(await incoming.insert_unknown(connection, self._upload))
        if updated + len(created) != batch.count:
            raise _Odd
        return [id for id in batch.ids if id in created]

    async def _fold(self, connection: asyncpg.Connection, batch: Batch) -> Fold:
        upload = self._upload
        existing = await products.find_matching(connection, upload, [row.keys for row in batch.checked])
        folded = fold(batch.checked, existing, replace=upload.reemplazar_duplicados)
        await products.write(connection, upload, folded.changes)
        return folded


def _even_effect(batch: Batch, created: list[str]) -> Effect:
    """Return what a batch did whose rows were all written."""
    updated = batch.count - len(created)
    tallies = dict.fromkeys(Fold.TALLIES, 0)
    tallies |= {"duplicados": updated, "productos_creados": len(created), "productos_actualizados": updated}
    rejected = [(row.fila, row.faults) for row in batch.rejected]
    return Effect(batch.count, len(rejected), tallies, created, rejected)


def _effect(batch: Batch, folded: Fold) -> Effect:
    row_errors = [(row.fila, row.faults) for row in batch.rejected] + folded.rejected
    return Effect(
        successful=batch.count - len(folded.rejected),
        failed=len(row_errors),
        tallies=folded.tallies,
        outputs=folded.created,
        row_errors=row_errors,
    )
