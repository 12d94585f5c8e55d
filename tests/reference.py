"""The catalogue import as plainly as it can be said: rows one by one, in file order, over a list of products.

Nothing here knows of batches, transactions or processes; whatever those do, the outcome must equal this one.
It shares with the services the columns and the texts, and no code that decides anything.

Usage::

    catalogue = Catalogue()
    rows = [(2, {"id": "P1", "codigo": "C1", ...}), (3, Shape(found=14, expected=13)), ...]
    outcome = catalogue.apply(rows, proveedor_id="PROV001", replace=False, accepted_at=now, task_id=uuid4())
    outcome.resumen, outcome.rejected, outcome.created     # what the task must say
    catalogue.products("PROV001")                          # what the table must hold

Uploads are applied in the order in which they are handled, which may differ from that of ``accepted_at``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from common.texts import Language, render_row_error
from tests.reference_cells import CellError, Fault, Shape, Value, check_cell, check_row, decimal_marks

__all__ = ["Catalogue", "CellError", "Outcome", "Shape", "UploadRow", "check_cell", "check_row"]

#: The row's number in the file, and its cells by column (a column left out is an empty cell).
UploadRow = tuple[int, Mapping[str, str] | Shape]


@dataclass
class Outcome:
    """What one upload came to."""

    total: int = 0
    duplicados: int = 0
    superados: int = 0
    productos_actualizados: int = 0
    #: rows that left their product as it was, or came too late for it
    sin_cambios: int = 0
    #: ids of the products created, as they were in the row, in file order
    created: list[str] = field(default_factory=list)
    #: rejected rows in file order, with their faults
    rejected: list[tuple[int, list[Fault]]] = field(default_factory=list)

    @property
    def resumen(self) -> dict[str, int]:
        """The summary as the status shows it."""
        return {
            "total": self.total,
            "exitosos": len(self.created) + self.productos_actualizados + self.sin_cambios,
            "rechazados": len(self.rejected),
            "duplicados": self.duplicados,
            "productos_creados": len(self.created),
            "productos_actualizados": self.productos_actualizados,
            "sin_cambios": self.sin_cambios,
            "superados": self.superados,
        }

    def errores(self, language: Language = "es") -> list[dict[str, Any]]:
        """Return the rejected rows with the sentences a person reads."""
        return [{"fila": fila, "error": render_row_error(faults, language)} for fila, faults in self.rejected]


@dataclass
class Product:
    """A product and the upload that wrote it last."""

    values: dict[str, Value]
    written_by: tuple[datetime, UUID]


class Catalogue:
    """The products of all providers."""

    def __init__(self) -> None:
        self._products: dict[str, list[Product]] = {}

    def products(self, proveedor_id: str) -> list[dict[str, Value]]:
        """Return a provider's products, by id."""
        values = [product.values for product in self._products.get(proveedor_id, [])]
        return sorted(values, key=lambda value: str(value["id"]))

    def apply(
        self,
        upload_rows: Iterable[UploadRow],
        *,
        proveedor_id: str,
        replace: bool,
        accepted_at: datetime,
        task_id: UUID,
        mends: Iterable[UploadRow] = (),
    ) -> Outcome:
        """Take the rows one by one; return what the task must report. ``mends``: all rows of the file
        of which these are some, mended or not: its numbers show what a point means in these."""
        products = self._products.setdefault(proveedor_id, [])
        outcome = Outcome()
        rows = [(fila, cells) for fila, cells in upload_rows if isinstance(cells, Shape) or not _blank(cells)]
        marks = decimal_marks(cells for _, cells in [*mends, *rows])
        for fila, cells in rows:
            outcome.total += 1
            row = check_row(cells, marks)
            if isinstance(row, list):
                outcome.rejected.append((fila, row))
                continue
            _take(products, Product(row, (accepted_at, task_id)), fila, replace, outcome)
        return outcome


def _take(products: list[Product], new: Product, fila: int, replace: bool, outcome: Outcome) -> None:
    """Let one faultless row meet the products there are."""
    by_id = _find(products, "id", new.values["id"])
    by_codigo = _find(products, "codigo", new.values["codigo"])
    existing = by_id or by_codigo
    if existing is None:
        products.append(new)
        outcome.created.append(str(new.values["id"]))
        return
    outcome.duplicados += 1
    if by_id is not None and by_codigo is not None and by_id is not by_codigo:
        params = {"id": new.values["id"], "codigo": new.values["codigo"]}
        outcome.rejected.append((fila, [{"code": "crossed_keys", "params": params}]))
    elif not replace:
        columns = [column for column, match in (("id", by_id), ("codigo", by_codigo)) if match is not None]
        keys = [f"{column} «{new.values[column]}»" for column in columns]
        outcome.rejected.append((fila, [{"code": "duplicate_product", "params": {"keys": keys}}]))
    elif existing.written_by > new.written_by:
        outcome.superados += 1
        outcome.sin_cambios += 1
    else:
        if existing.values == new.values:
            outcome.sin_cambios += 1
        else:
            outcome.productos_actualizados += 1
        existing.values, existing.written_by = new.values, new.written_by


def _find(products: list[Product], column: str, value: Value) -> Product | None:
    return next((product for product in products if product.values[column] == value), None)


def _blank(cells: Mapping[str, str]) -> bool:
    return not any(text.strip() for text in cells.values())
