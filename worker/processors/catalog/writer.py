"""Writing the batches of one upload: look up, fold, write; or at once, where nothing about a batch is odd."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import asyncpg

from worker.effects import Effect
from worker.processors.catalog import incoming, products
from worker.processors.catalog.fold import Fold, fold

if TYPE_CHECKING:
    from common.messages import UploadMessage
    from worker.readers.sandbox import Batch


class _Odd(Exception):
    """What a batch does cannot be told without looking at its rows one by one."""


class _Even(NamedTuple):
    """What a batch did of which nothing is odd: the ids it created, and how many products it changed. What is
    left of it met products that were so already."""

    created: list[str]
    changed: int = 0


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
            even = await self._write_even(connection, batch)
            if even is not None:
                return _even_effect(batch, even)
        folded = await self._fold(connection, batch)
        self._expects_even = folded.is_even
        return _effect(batch, folded)

    async def _write_even(self, connection: asyncpg.Connection, batch: Batch) -> _Even | None:
        """Return what the batch did; None, and write nothing, where it is odd."""
        replace = self._upload.reemplazar_duplicados
        for write in [self._create] * (self._expects_new or not replace) + [self._replace] * replace:
            try:
                async with connection.transaction():
                    even = await write(connection, batch)
            except (_Odd, asyncpg.UniqueViolationError):
                continue
            self._expects_new = len(even.created) == batch.count
            return even
        return None

    async def _create(self, connection: asyncpg.Connection, batch: Batch) -> _Even:
        if await incoming.insert(connection, self._upload) != batch.count:
            raise _Odd
        return _Even(batch.ids)

    async def _replace(self, connection: asyncpg.Connection, batch: Batch) -> _Even:
        """Update what is known and create the rest."""
        met, changed = await incoming.update_same(connection, self._upload)
        if met == batch.count:
            return _Even([], changed)
        created = set(await incoming.insert_unknown(connection, self._upload))
        if met + len(created) != batch.count:
            raise _Odd
        return _Even([id for id in batch.ids if id in created], changed)

    async def _fold(self, connection: asyncpg.Connection, batch: Batch) -> Fold:
        upload = self._upload
        existing = await products.find_matching(connection, upload, [row.keys for row in batch.checked])
        folded = fold(batch.checked, existing, replace=upload.reemplazar_duplicados)
        await products.write(connection, upload, folded.changes)
        return folded


def _even_effect(batch: Batch, even: _Even) -> Effect:
    """Return what a batch did whose rows were all written."""
    met = batch.count - len(even.created)
    tallies = dict.fromkeys(Fold.TALLIES, 0) | {
        "duplicados": met,
        "productos_creados": len(even.created),
        "productos_actualizados": even.changed,
        "sin_cambios": met - even.changed,
    }
    rejected = [(row.fila, row.faults) for row in batch.rejected]
    return Effect(batch.count, len(rejected), tallies, even.created, rejected)


def _effect(batch: Batch, folded: Fold) -> Effect:
    row_errors = [(row.fila, row.faults) for row in batch.rejected] + folded.rejected
    return Effect(
        successful=batch.count - len(folded.rejected),
        failed=len(row_errors),
        tallies=folded.tallies,
        outputs=folded.created,
        row_errors=row_errors,
    )
