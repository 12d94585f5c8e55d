"""Catalogue files of any size, written as they are made; the same rows every time."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import islice
from pathlib import Path

from xlsxwriter import Workbook

from common.catalog import COLUMN_NAMES
from data.generator.files import Cell, to_text
from data.generator.products import ProductRow, made_up_product

#: One row in this many has a fault.
FAULTY_EVERY = 100

_FAULTS: tuple[ProductRow, ...] = (
    {"certificado_sanitario": None},
    {"precio_unitario": "gratis"},
    {"precio_unitario": "-1.00"},
    {"tiempo_entrega_dias": "3.5"},
    {"categoria": "Categoría " * 10},
)

#: Odd, so that its multiples reach every number below 2**32 once.
_SCATTER = 2_654_435_761
_LARGEST_PRICE = 9_999_999
_ROWS_AT_A_TIME = 1000

Cells = Sequence[Cell]


def catalogue_rows(count: int, *, revision: int = 0, with_faults: bool = True) -> Iterator[Cells]:
    """Yield the header and ``count`` products, 200 bytes of CSV each.

    Another ``revision`` has the same products, and the same faults, at other prices. The ids come in order
    and the codes in none, as in a supplier's list.
    """
    yield COLUMN_NAMES
    for number in range(1, count + 1):
        product = made_up_product(number)
        product["codigo"] = f"SKU-{number * _SCATTER % 2**32:010}"
        product["nombre"] = f"{product['nombre']}, referencia del fabricante {product['codigo']}"
        product["precio_unitario"] = Decimal((number + revision) % _LARGEST_PRICE).scaleb(-2)
        if with_faults and number % FAULTY_EVERY == 0:
            product |= _FAULTS[number // FAULTY_EVERY % len(_FAULTS)]
        yield tuple(product.values())


def faulty_rows(count: int) -> int:
    """Return how many of ``count`` products have a fault."""
    return count // FAULTY_EVERY


def write_csv(path: Path, rows: Iterable[Cells]) -> None:
    """Write the rows as CSV in UTF-8, a piece at a time."""
    remaining = iter(rows)
    with path.open("wb") as file:
        while piece := list(islice(remaining, _ROWS_AT_A_TIME)):
            file.write(_as_csv(piece))


def write_xlsx(path: Path, rows: Iterable[Cells]) -> None:
    """Write the rows as the only sheet of a workbook; its texts are shared strings, as in Excel's."""
    with Workbook(path) as workbook:
        sheet = workbook.add_worksheet("Productos")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)


#: By the extension of the file.
WRITERS: dict[str, Callable[[Path, Iterable[Cells]], None]] = {"csv": write_csv, "xlsx": write_xlsx}


def _as_csv(rows: Iterable[Cells]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([to_text(cell) for cell in row] for row in rows)
    return text.getvalue().encode()
