"""Make every template and sample file anew: ``python -m data.make_samples [DIRECTORY]``.

The same bytes every time, so that a difference in git is a difference in meaning. The expected outcomes come
from the reference model in the tests, never from the code that they are there to judge.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from catalog_service.templates import csv_template, xlsx_template
from common.catalog import COLUMN_NAMES
from data.generator.broken import write_broken_files
from data.generator.faults import PerFormat, three_hundred_rows
from data.generator.files import Cell, to_text, undated, write_csv, write_xlsx
from data.generator.products import TEN_PRODUCTS, ProductRow
from tests.reference import Catalogue, CellError, Shape
from tests.reference_cells import SheetNumber

_FIRST_FILA = 2


def main() -> None:
    """Write into the directory given as the first argument, or beside this script."""
    make_samples(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)


def make_samples(directory: Path) -> None:
    """Write all files into ``directory``."""
    _write_templates(directory)
    _write_good_products(directory)
    _write_faulty_products(directory)
    broken = directory / "rotos"
    broken.mkdir(exist_ok=True)
    _write_json(broken / "esperado.json", write_broken_files(broken))


def _write_templates(directory: Path) -> None:
    """Write what the API hands out."""
    (directory / "plantilla.xlsx").write_bytes(undated(xlsx_template("es", examples=False)))
    (directory / "plantilla.csv").write_bytes(csv_template(examples=False))


def _write_good_products(directory: Path) -> None:
    rows = [_cells(product) for product in TEN_PRODUCTS]
    write_xlsx(directory / "productos_ejemplo.xlsx", [COLUMN_NAMES, *rows])
    write_csv(directory / "productos_ejemplo.csv", [COLUMN_NAMES, *rows])


def _write_faulty_products(directory: Path) -> None:
    name = "productos_300_con_errores"
    rows = three_hundred_rows()
    workbook = [_cells(row.xlsx if isinstance(row, PerFormat) else row) for row in rows]
    text = [row.csv if isinstance(row, PerFormat) else _cells(row) for row in rows]
    write_xlsx(directory / f"{name}.xlsx", [COLUMN_NAMES, *workbook])
    write_csv(directory / f"{name}.csv", [COLUMN_NAMES, *text], for_excel=False)
    _write_json(directory / f"{name}.esperado.json", _expected(rows))


def _cells(product: ProductRow) -> Sequence[Cell]:
    return [product.get(name) for name in COLUMN_NAMES] if product else ()


def _expected(rows: list[ProductRow | PerFormat]) -> dict[str, Any]:
    """Return what a task must say and leave behind with each flag, on an empty catalogue.

    The two formats differ in nothing but the words about two rows.
    """
    expected: dict[str, Any] = {}
    for replace in (False, True):
        outcomes = {extension: _outcome(rows, extension, replace) for extension in ("csv", "xlsx")}
        errors = {extension: outcome.pop("errores") for extension, outcome in outcomes.items()}
        if outcomes["csv"] != outcomes["xlsx"]:
            raise AssertionError("the sample means one thing as .csv and another as .xlsx")
        flag = f"reemplazar_duplicados={str(replace).lower()}"
        expected[flag] = {**outcomes["csv"], "errores": errors}
    return expected


def _outcome(rows: list[ProductRow | PerFormat], extension: str, replace: bool) -> dict[str, Any]:
    catalogue = Catalogue()
    outcome = catalogue.apply(
        [(fila, _as_read(row, extension)) for fila, row in enumerate(rows, start=_FIRST_FILA)],
        proveedor_id="PROV001",
        replace=replace,
        accepted_at=datetime(2026, 1, 1, tzinfo=UTC),
        task_id=UUID(int=1),
    )
    products = [
        {name: str(value) if isinstance(value, Decimal) else value for name, value in product.items()}
        for product in catalogue.products("PROV001")
    ]
    return {
        "resumen": outcome.resumen,
        "productos_creados": outcome.created,
        "productos": products,
        "errores": outcome.errores(),
    }


def _as_read(row: ProductRow | PerFormat, extension: str) -> Mapping[str, str] | Shape:
    """Return the row as a reader of that format must understand it."""
    if isinstance(row, PerFormat) and extension == "csv":
        return Shape(found=len(row.csv), expected=len(COLUMN_NAMES))
    if isinstance(row, PerFormat):
        return {name: _as_in_a_sheet(cell) for name, cell in row.xlsx.items()}
    if extension == "xlsx":
        return {name: _as_in_a_sheet(cell) for name, cell in row.items()}
    return {name: to_text(cell) for name, cell in row.items()}


def _as_in_a_sheet(cell: Cell) -> str:
    text = to_text(cell)
    if isinstance(cell, Decimal):
        return SheetNumber(text)
    return CellError(text) if text.startswith("#") else text


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
