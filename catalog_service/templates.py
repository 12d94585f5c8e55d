"""The template of a catalogue file, as .xlsx and .csv, made from the columns that the worker checks."""

import csv
import io
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from common.catalog import COLUMNS, MAX_WHOLE, PRICE_DECIMALS, PRICE_DIGITS, Column, ColumnType
from common.formulas import harmless, may_run
from common.texts import Language, Text, render

#: One value a column, in their order: enough to see what belongs where.
EXAMPLES: Final[tuple[tuple[str, ...], ...]] = (
    ("PROD001", "Acetaminofén 500 mg", "0008584", "Analgésicos", "12500.00", "INVIMA 2024M-001234",
     "Temperatura ambiente, menos de 30 °C", "5", "Caja x 100 tabletas", "20", "10", "true", "true"),
    ("PROD002", "Vacuna antigripal", "0012207", "Biológicos", "48900.50", "INVIMA 2023B-000871",
     "Refrigerado, de 2 a 8 °C", "2", "Jeringa prellenada", "50", "25", "sí", "sí"),
    ("PROD003", "Guantes de nitrilo", "0100310", "Insumos", "32000", "INVIMA 2022DM-014455",
     "Lugar seco", "7", "", "", "", "", ""),
)  # fmt: skip

_PRODUCTS_SHEET = Text("Productos", "Products")
_GUIDE_SHEET = Text("Instrucciones", "Instructions")
_GUIDE_HEADERS = (
    Text("Columna", "Column"),
    Text("¿Obligatoria?", "Required?"),
    Text("Qué es", "What it is"),
    Text("Qué se admite", "What it takes"),
    Text("Si se deja vacía", "If left empty"),
    Text("Ejemplo", "Example"),
)
_GUIDE_NOTES = (
    Text(
        "Escriba un producto por fila en la hoja «{sheet}», sin cambiar los encabezados de la primera fila.",
        "Write one product per row in the sheet “{sheet}”, without changing the headers in the first row.",
    ),
    Text(
        "Los encabezados resaltados en naranja son obligatorios; los grises, opcionales.",
        "Headers highlighted in orange are required; grey ones are optional.",
    ),
)
_REQUIRED = Text("Sí", "Yes")
_OPTIONAL = Text("No", "No")
_REJECTED = Text("La fila se rechaza", "The row is rejected")
_ABSENT = Text("Sin valor", "No value")
_BY_DEFAULT = Text("Se toma {value}", "{value} is taken")
_TAKES = {
    ColumnType.TEXT: Text("Texto de hasta {limit} caracteres", "Text of up to {limit} characters"),
    ColumnType.PRICE: Text(
        "Número de cero o más, hasta {digits} dígitos, {decimals} de ellos decimales; sin símbolo de moneda",
        "A number of zero or more, up to {digits} digits, {decimals} of them decimals; no currency symbol",
    ),
    ColumnType.WHOLE: Text("Número entero de 0 a {largest}", "A whole number from 0 to {largest}"),
    ColumnType.BOOLEAN: Text(
        "true o false (también 1 o 0, sí o no)", "true or false (1 or 0, sí or no will do too)"
    ),
}

_REQUIRED_FILL = PatternFill("solid", fgColor="FFC27A")
_OPTIONAL_FILL = PatternFill("solid", fgColor="E4E4E4")
_BOLD = Font(bold=True)
_WRAPPED = Alignment(wrap_text=True, vertical="top")
_FORMATS = {ColumnType.TEXT: "@", ColumnType.PRICE: "0.00"}


@lru_cache
def csv_template(*, examples: bool) -> bytes:
    """Return the template as CSV; its byte order mark makes spreadsheet programs read it as UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(column.name for column in COLUMNS)
    writer.writerows(map(harmless, row) for row in _example_rows(examples))
    return text.getvalue().encode("utf-8-sig")


@lru_cache
def xlsx_template(language: Language, *, examples: bool) -> bytes:
    """Return the template as a workbook: a sheet to fill in and one that explains every column."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = render(_PRODUCTS_SHEET, {}, language)
    _write_products(sheet, examples)
    _write_guide(book.create_sheet(render(_GUIDE_SHEET, {}, language)), sheet.title, language)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _example_rows(examples: bool) -> tuple[tuple[str, ...], ...]:
    return EXAMPLES if examples else ()


def _write_products(sheet: Worksheet, examples: bool) -> None:
    for number, column in enumerate(COLUMNS, start=1):
        header = _write(sheet, 1, number, column.name)
        header.font = _BOLD
        header.fill = _REQUIRED_FILL if column.required else _OPTIONAL_FILL
        dimension = sheet.column_dimensions[get_column_letter(number)]
        dimension.width = max(14, len(column.name) + 4)
        if column.type is ColumnType.TEXT:
            # whole columns: what people type must stay what they typed, 0008584 must not become 8584
            dimension.number_format = _FORMATS[column.type]
    for row, values in enumerate(_example_rows(examples), start=2):
        for number, (column, value) in enumerate(zip(COLUMNS, values, strict=True), start=1):
            if value:
                _write(sheet, row, number, _typed(column, value)).number_format = _FORMATS.get(
                    column.type, "General"
                )
    sheet.freeze_panes = "A2"


def _typed(column: Column, value: str) -> str | Decimal | int:
    if column.type is ColumnType.PRICE:
        return Decimal(value)
    return int(value) if column.type is ColumnType.WHOLE else value


def _write_guide(sheet: Worksheet, products: str, language: Language) -> None:
    for row, note in enumerate(_GUIDE_NOTES, start=1):
        _write(sheet, row, 1, render(note, {"sheet": products}, language))
    top = len(_GUIDE_NOTES) + 2
    for number, (title, width) in enumerate(
        zip(_GUIDE_HEADERS, (28, 14, 44, 44, 22, 38), strict=True), start=1
    ):
        _write(sheet, top, number, render(title, {}, language)).font = _BOLD
        sheet.column_dimensions[get_column_letter(number)].width = width
    for row, (column, example) in enumerate(zip(COLUMNS, EXAMPLES[0], strict=True), start=top + 1):
        for number, value in enumerate(_explain(column, example, language), start=1):
            _write(sheet, row, number, value).alignment = _WRAPPED
        sheet.cell(row, 1).fill = _REQUIRED_FILL if column.required else _OPTIONAL_FILL


def _explain(column: Column, example: str, language: Language) -> list[str]:
    limits = {"limit": column.limit, "digits": PRICE_DIGITS, "decimals": PRICE_DECIMALS, "largest": MAX_WHOLE}
    return [
        column.name,
        render(_REQUIRED if column.required else _OPTIONAL, {}, language),
        render(column.description, {}, language),
        render(_TAKES[column.type], limits, language),
        render(_when_empty(column), {"value": str(column.default).lower()}, language),
        example,
    ]


def _when_empty(column: Column) -> Text:
    if column.required:
        return _REJECTED
    return _ABSENT if column.default is None else _BY_DEFAULT


def _write(sheet: Worksheet, row: int, column: int, value: str | Decimal | int) -> Any:
    cell: Any = sheet.cell(row, column)
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"  # never a formula, whatever it begins with …
        cell.quotePrefix = may_run(value)  # … nor when it is edited
    return cell
