"""The sequential fold: what taking a batch's rows one by one, in file order, does to the products they touch.

Pure: it is given the products that the rows may meet, and returns what must be written. A batch is written
with a few set-based statements and yet comes out as row after row would.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import msgspec

from worker.processors.catalog.lines import says_the_same
from worker.readers.frames import CheckedRow


class Existing(msgspec.Struct, frozen=True, gc=False):
    """A product in the table. ``later``: an upload accepted after this one wrote it. ``line``: all of it, for
    an upload that may replace it."""

    id: str
    codigo: str
    later: bool = False
    line: bytes = b""


class Change(msgspec.Struct, gc=False):
    """A product as the batch leaves it: its line, and the product in the table that it was, if any.

    ``is_same``: all rows of the batch that met it said what was there already; it is the upload's all the
    same.
    """

    id: str
    codigo: str
    line: bytes
    before: Existing | None
    is_same: bool = False

    @property
    def is_rekeyed(self) -> bool:
        """Whether it has another id or codigo than in the table."""
        return self.before is not None and (self.id, self.codigo) != (self.before.id, self.before.codigo)


@dataclass
class Fold:
    """The outcome of a batch: what to write, what was created, what was rejected and why, and the
    counters.

    Each row that is not rejected counts in one of ``productos_creados``, ``productos_actualizados`` and
    ``sin_cambios``; the last has those in it that were ``superados``.
    """

    TALLIES: ClassVar = (
        "duplicados",
        "productos_creados",
        "productos_actualizados",
        "sin_cambios",
        "superados",
    )

    changes: list[Change] = field(default_factory=list)
    created: list[str] = field(default_factory=list)
    rejected: list[tuple[int, list[dict[str, Any]]]] = field(default_factory=list)
    tallies: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Fold.TALLIES, 0))

    @property
    def is_even(self) -> bool:
        """Whether each row created a product of its own, or met one that keeps its id and codigo."""
        taken = sum(
            self.tallies[name] for name in ("productos_creados", "productos_actualizados", "sin_cambios")
        )
        odd = self.rejected or self.tallies["superados"] or taken > len(self.changes)
        return not odd and not any(change.is_rekeyed for change in self.changes)


def fold(rows: Iterable[CheckedRow], existing: Iterable[Existing], *, replace: bool) -> Fold:
    """Take the rows one by one.

    Args:
        rows: checked rows in file order, ``keys`` being id and codigo.
        existing: every product of the provider whose id or codigo is that of one of the rows.
        replace: whether a row whose id or codigo exists updates that product (else it is rejected).
    """
    return _Folding(existing, replace).run(rows)


class _Folding:
    """The products met so far, as they are now, by both of their keys."""

    def __init__(self, existing: Iterable[Existing], replace: bool) -> None:
        self._replace = replace
        self._by_id: dict[str, Existing | Change] = {}
        self._by_codigo: dict[str, Existing | Change] = {}
        for product in existing:
            self._put(product)
        self._fold = Fold()

    def run(self, rows: Iterable[CheckedRow]) -> Fold:
        for row in rows:
            id, codigo = row.keys
            same_id, same_codigo = self._by_id.get(id), self._by_codigo.get(codigo)
            if same_id is None and same_codigo is None:
                self._create(id, codigo, row.line)
            else:
                self._meet(row, same_id, same_codigo)
        return self._fold

    def _create(self, id: str, codigo: str, line: bytes) -> None:
        change = Change(id, codigo, line, before=None)
        self._put(change)
        self._fold.changes.append(change)
        self._fold.created.append(id)
        self._fold.tallies["productos_creados"] += 1

    def _meet(
        self, row: CheckedRow, same_id: Existing | Change | None, same_codigo: Existing | Change | None
    ) -> None:
        """Take a row whose id or codigo exists already."""
        id, codigo = row.keys
        tallies = self._fold.tallies
        tallies["duplicados"] += 1
        if same_id is not None and same_codigo is not None and same_id is not same_codigo:
            self._reject(row, "crossed_keys", {"id": id, "codigo": codigo})
            return
        if not self._replace:
            known = {("id", id): same_id, ("codigo", codigo): same_codigo}
            keys = [f"{column} «{key}»" for (column, key), product in known.items() if product is not None]
            self._reject(row, "duplicate_product", {"keys": keys})
            return
        product = same_id if same_id is not None else same_codigo
        assert product is not None
        if isinstance(product, Existing) and product.later:
            tallies["superados"] += 1
            tallies["sin_cambios"] += 1
            return
        is_same = (id, codigo) == (product.id, product.codigo) and says_the_same(row.line, product.line)
        tallies["sin_cambios" if is_same else "productos_actualizados"] += 1
        self._update(product, row, is_same=is_same)

    def _update(self, product: Existing | Change, row: CheckedRow, *, is_same: bool) -> None:
        id, codigo = row.keys
        del self._by_id[product.id], self._by_codigo[product.codigo]
        if isinstance(product, Existing):
            product = Change(id, codigo, row.line, before=product, is_same=is_same)
            self._fold.changes.append(product)
        elif not is_same:
            product.id, product.codigo, product.line, product.is_same = id, codigo, row.line, False
        self._put(product)

    def _reject(self, row: CheckedRow, code: str, params: dict[str, Any]) -> None:
        self._fold.rejected.append((row.fila, [{"code": code, "params": params}]))

    def _put(self, product: Existing | Change) -> None:
        self._by_id[product.id] = product
        self._by_codigo[product.codigo] = product
