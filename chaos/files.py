"""Catalogue files with known contents, drawn from a random generator: good rows, bad rows, bad files."""

import csv
import io
from dataclasses import dataclass, field
from random import Random

from openpyxl import Workbook

from common.catalog import COLUMN_NAMES, COLUMNS

Cells = dict[str, str]

#: Rows of a file: few, some, many.
_SIZES = ((1, 30), (80, 400), (800, 2000))
_SIZE_WEIGHTS = (3, 5, 1)
#: A spreadsheet takes long to write, for us.
_MOST_ROWS_OF_A_SPREADSHEET = 400
_BAD_ROW_SHARE = 0.05
_BAD_FILE_SHARE = 0.04
_SPREADSHEET_SHARE = 0.15
#: One file in so many is put into S3 in several parts.
_BULKY_SHARE = 0.02
_BULKY_BYTES = 9_000_000
#: So that no cell of theirs is longer than a reader takes.
_FEWEST_BULKY_ROWS = 80
#: A column that no catalogue has is passed over.
_BULK_COLUMN = "observaciones"

#: What can be wrong with a row: the column, its text, the code that must be reported.
_ROW_FAULTS = (
    ("nombre", "", "required_missing"),
    ("precio_unitario", "-1", "negative"),
    ("precio_unitario", "doce", "not_a_number"),
    ("precio_unitario", "0.005", "too_many_decimals"),
    ("tiempo_entrega_dias", "2.5", "not_whole"),
    ("categoria", "x" * 65, "too_long"),
)


@dataclass(frozen=True)
class CatalogueFile:
    """A file, and what there is to know of it.

    ``good`` and ``bad`` are by row number: the cells of a row that can be imported, the code by which one
    that cannot must be rejected. ``refusal`` is the code by which the whole file must fail, if it must.
    """

    name: str
    content: bytes
    good: dict[int, Cells] = field(default_factory=dict)
    bad: dict[int, str] = field(default_factory=dict)
    refusal: str | None = None

    @property
    def rows(self) -> int:
        """How many rows it has, the header apart; none where all of it is refused."""
        return len(self.good) + len(self.bad)


def draw_file(rng: Random, mark: str, first_product: int) -> CatalogueFile:
    """Return a file of products numbered from about ``first_product`` on, some of them more than once.

    ``mark`` goes into every row, so that a product tells which row of which file wrote it last.
    """
    if rng.random() < _BAD_FILE_SHARE:
        return _draw_bad_file(rng, mark)
    low, high = rng.choices(_SIZES, _SIZE_WEIGHTS)[0]
    count = rng.randint(low, high)
    products = [first_product + rng.randrange(max(400, count)) for _ in range(count)]
    good: dict[int, Cells] = {}
    bad: dict[int, str] = {}
    table: list[Cells] = []
    for fila, product in enumerate(products, start=2):
        cells = _draw_row(rng, product, f"{mark} {fila}")
        if rng.random() < _BAD_ROW_SHARE:
            column, text, bad[fila] = rng.choice(_ROW_FAULTS)
            cells = {**cells, column: text}
        else:
            good[fila] = cells
        table.append(cells)
    is_spreadsheet = rng.random() < _SPREADSHEET_SHARE and count <= _MOST_ROWS_OF_A_SPREADSHEET
    is_bulky = rng.random() < _BULKY_SHARE
    if is_spreadsheet:
        return CatalogueFile(f"{mark}.xlsx", _spreadsheet(table), good, bad)
    bulk = "·" * (_BULKY_BYTES // 2 // count) if is_bulky and count >= _FEWEST_BULKY_ROWS else ""
    return CatalogueFile(f"{mark}.csv", _csv(COLUMN_NAMES, table, bulk), good, bad)


def _draw_bad_file(rng: Random, mark: str) -> CatalogueFile:
    row = _draw_row(rng, 0, mark)
    refusal = rng.choice(("no_rows", "missing_columns"))
    columns = COLUMN_NAMES if refusal == "no_rows" else [name for name in COLUMN_NAMES if name != "codigo"]
    return CatalogueFile(
        f"{mark}.csv", _csv(columns, [] if refusal == "no_rows" else [row], ""), refusal=refusal
    )


def _draw_row(rng: Random, product: int, mark: str) -> Cells:
    """Return the cells of a row; the codigo belongs to the id for ever."""
    cells = {
        "id": f"P{product:06}",
        "nombre": f"Producto «{mark}»",
        "codigo": f"C-{product:06}",
        "categoria": rng.choice(("Analgésicos", "Antibióticos", "Vitaminas")),
        "precio_unitario": f"{rng.randrange(1_000_000) / 100:.2f}",
        "certificado_sanitario": f"INVIMA-{rng.randrange(100_000)}",
        "condiciones_almacenamiento": rng.choice(("2-8 °C", "Lugar fresco; seco", 'Menos de "25 °C"')),
        "tiempo_entrega_dias": str(rng.randrange(60)),
        "presentacion": rng.choice(("", "Caja x 10", "Frasco, 120 ml")),
        "stock_minimo": rng.choice(("", str(rng.randrange(1000)))),
        "stock_critico": rng.choice(("", str(rng.randrange(100)))),
        "requiere_lote": rng.choice(("", "true", "false")),
        "requiere_vencimiento": rng.choice(("", "true", "false")),
    }
    assert tuple(cells) == tuple(column.name for column in COLUMNS)
    return cells


def _csv(columns: tuple[str, ...] | list[str], table: list[Cells], bulk: str) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([*columns, _BULK_COLUMN])
    for cells in table:
        writer.writerow([*(cells[name] for name in columns), bulk])
    return text.getvalue().encode()


def _spreadsheet(table: list[Cells]) -> bytes:
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet()
    sheet.append(COLUMN_NAMES)
    for cells in table:
        sheet.append([cells[name] or None for name in COLUMN_NAMES])
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()
