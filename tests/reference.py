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

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from common.catalog import COLUMNS, MAX_WHOLE, Column, ColumnType
from common.texts import Language, render_row_error

Value = str | int | bool | Decimal | None
Fault = dict[str, Any]

_NUMBER = re.compile(r"([+-]?)([0-9]+)(?:[.,]([0-9]+))?")
_BOOLEANS = {"true": True, "1": True, "si": True, "sí": True, "yes": True, "verdadero": True}
_BOOLEANS |= {"false": False, "0": False, "no": False, "falso": False}


class CellError(str):
    """A cell of a spreadsheet that holds an error such as ``#N/A`` (not the same as text that reads so)."""

    __slots__ = ()


class Shape(NamedTuple):
    """A row of the wrong number of values, in place of its cells."""

    found: int
    expected: int


#: The row's number in the file, and its cells by column (a column left out is an empty cell).
UploadRow = tuple[int, Mapping[str, str] | Shape]


@dataclass
class Outcome:
    """What one upload came to."""

    total: int = 0
    duplicados: int = 0
    superados: int = 0
    productos_actualizados: int = 0
    #: ids of the products created, as they were in the row, in file order
    created: list[str] = field(default_factory=list)
    #: rejected rows in file order, with their faults
    rejected: list[tuple[int, list[Fault]]] = field(default_factory=list)

    @property
    def resumen(self) -> dict[str, int]:
        """The summary as the status shows it."""
        return {
            "total": self.total,
            "exitosos": len(self.created) + self.productos_actualizados + self.superados,
            "rechazados": len(self.rejected),
            "duplicados": self.duplicados,
            "productos_creados": len(self.created),
            "productos_actualizados": self.productos_actualizados,
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
    ) -> Outcome:
        """Take the rows one by one; return what the task must report."""
        products = self._products.setdefault(proveedor_id, [])
        outcome = Outcome()
        for fila, cells in upload_rows:
            if not isinstance(cells, Shape) and not any(clean(text) for text in cells.values()):
                continue
            outcome.total += 1
            row = check_row(cells)
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
    else:
        existing.values, existing.written_by = new.values, new.written_by
        outcome.productos_actualizados += 1


def _find(products: list[Product], column: str, value: Value) -> Product | None:
    return next((product for product in products if product.values[column] == value), None)


def clean(text: str) -> str:
    """Return the text as it is kept: without white space around it, composed (NFC)."""
    return text if isinstance(text, CellError) else unicodedata.normalize("NFC", text.strip())


def is_control(character: str) -> bool:
    """Return whether this is a control character or half of a surrogate pair: no part of a text."""
    return unicodedata.category(character) in ("Cc", "Cs")


def check_row(cells: Mapping[str, str] | Shape) -> dict[str, Value] | list[Fault]:
    """Return the values of a row, or its faults if it has any."""
    if isinstance(cells, Shape):
        return [{"code": "row_shape", "params": cells._asdict()}]
    texts = {column.name: clean(cells.get(column.name, "")) for column in COLUMNS}
    missing = [column.name for column in COLUMNS if column.required and not texts[column.name]]
    faults: list[Fault] = [{"code": "required_missing", "params": {"columns": missing}}] if missing else []
    values: dict[str, Value] = {}
    for column in COLUMNS:
        text = texts[column.name]
        value = check_cell(column, text) if text else column.default
        if isinstance(value, dict):
            faults.append(value)
        else:
            values[column.name] = value
    return faults or values


def check_cell(column: Column, text: str) -> Value | Fault:
    """Return the value of a cell that is not empty, or its first fault."""
    if isinstance(text, CellError):
        return _fault("cell_error", column, text)
    if column.type is ColumnType.TEXT:
        return _check_text(column, text)
    if column.type is ColumnType.BOOLEAN:
        value = _BOOLEANS.get(text.lower())
        return _fault("not_boolean", column, text) if value is None else value
    number = _NUMBER.fullmatch(text)
    if number is None:
        return _fault("not_a_number", column, text)
    sign, digits, decimals = number[1], number[2].lstrip("0"), (number[3] or "").rstrip("0")
    negative = sign == "-" and bool(digits or decimals)
    check = _check_price if column.type is ColumnType.PRICE else _check_whole
    return check(column, text, negative, digits or "0", decimals)


def _check_text(column: Column, text: str) -> Value | Fault:
    if any(is_control(character) for character in text):
        return {"code": "control_character", "params": {"column": column.name}}
    if column.limit is not None and len(text) > column.limit:
        params = {"column": column.name, "length": len(text), "limit": column.limit}
        return {"code": "too_long", "params": params}
    return text


def _check_price(column: Column, text: str, negative: bool, digits: str, decimals: str) -> Value | Fault:
    if negative:
        return _fault("negative", column, text)
    if len(decimals) > 2:
        return _fault("too_many_decimals", column, text, limit=2)
    if len(digits) > 10:
        return _fault("too_large", column, text, limit="9999999999.99")
    return Decimal(f"{digits}.{decimals:0<2}")


def _check_whole(column: Column, text: str, negative: bool, digits: str, decimals: str) -> Value | Fault:
    if decimals:
        return _fault("not_whole", column, text)
    if negative:
        return _fault("negative", column, text)
    if len(digits) > 10 or int(digits) > MAX_WHOLE:
        return _fault("too_large", column, text, limit=MAX_WHOLE)
    return int(digits)


def _fault(code: str, column: Column, text: str, **more: int | str) -> Fault:
    harmless = "".join(
        "\N{REPLACEMENT CHARACTER}" if is_control(character) else character for character in text
    )
    shown = harmless if len(harmless) <= 40 else harmless[:39] + "…"
    return {"code": code, "params": {"column": column.name, "value": shown, **more}}
