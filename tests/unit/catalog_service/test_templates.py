"""The templates: what the worker reads back from them, and what a spreadsheet program makes of them."""

import csv
import io
from decimal import Decimal

import pytest
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from catalog_service.templates import EXAMPLES, csv_template, xlsx_template
from common.catalog import COLUMN_NAMES, COLUMNS, ColumnType
from common.texts import Language

TEXT_COLUMNS = [number for number, column in enumerate(COLUMNS) if column.type is ColumnType.TEXT]


def csv_rows(*, examples: bool) -> list[list[str]]:
    text = csv_template(examples=examples).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("examples", [False, True])
def test_first_sheet_holds_headers_and_examples(language: Language, examples: bool) -> None:
    book = load_workbook(io.BytesIO(xlsx_template(language, examples=examples)))
    sheet = book.worksheets[0]
    rows = list(sheet.iter_rows(values_only=True))

    assert book.active is sheet
    assert rows[0] == COLUMN_NAMES
    assert len(rows) == (1 + len(EXAMPLES) if examples else 1)
    if examples:
        assert rows[1][:6] == (
            "PROD001",
            "Acetaminofén 500 mg",
            "0008584",
            "Analgésicos",
            12500,
            "INVIMA 2024M-001234",
        )


def test_examples_are_good_rows() -> None:
    for row in EXAMPLES:
        for column, value in zip(COLUMNS, row, strict=True):
            assert value or not column.required
            if column.type is ColumnType.TEXT:
                assert len(value) <= (column.limit or 0)
            elif column.type is ColumnType.PRICE:
                assert Decimal(value) >= 0
            elif column.type is ColumnType.WHOLE and value:
                assert int(value) >= 0
            elif value:
                assert value in ("true", "false", "sí", "no")
    assert len({row[0] for row in EXAMPLES}) == len({row[2] for row in EXAMPLES}) == len(EXAMPLES)


def test_required_headers_are_marked_and_text_stays_text() -> None:
    sheet = load_workbook(io.BytesIO(xlsx_template("es", examples=True))).worksheets[0]
    fills = {
        required: {
            cell.fill.fgColor.rgb
            for cell, column in zip(sheet[1], COLUMNS, strict=True)
            if column.required is required
        }
        for required in (True, False)
    }
    assert len(fills[True]) == len(fills[False]) == 1
    assert fills[True] != fills[False]
    for number in TEXT_COLUMNS:
        letter = get_column_letter(number + 1)
        assert sheet.column_dimensions[letter].number_format == "@"
    assert sheet["C2"].value == "0008584"
    assert sheet["C2"].number_format == "@"


@pytest.mark.parametrize("language", ["es", "en"])
def test_second_sheet_explains_every_column(language: Language) -> None:
    book = load_workbook(io.BytesIO(xlsx_template(language, examples=False)))
    products, guide = book.worksheets
    rows = [row for row in guide.iter_rows(values_only=True) if row[0] in COLUMN_NAMES]

    assert [row[0] for row in rows] == list(COLUMN_NAMES)
    yes, no = ("Sí", "No") if language == "es" else ("Yes", "No")
    assert [row[1] for row in rows] == [yes if column.required else no for column in COLUMNS]
    assert all(cell for row in rows for cell in row)
    assert products.title in str(guide["A1"].value)
    by_name = {row[0]: row for row in rows}
    assert "255" in str(by_name["nombre"][3])
    assert "10" in str(by_name["stock_minimo"][4])
    assert "true" in str(by_name["requiere_vencimiento"][4])


@pytest.mark.parametrize("language", ["es", "en"])
def test_no_cell_is_a_formula(language: Language) -> None:
    book = load_workbook(io.BytesIO(xlsx_template(language, examples=True)))
    assert not [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert not [
        value for row in csv_rows(examples=True) for value in row if value.startswith(("=", "+", "-", "@"))
    ]


def test_examples_that_look_like_formulas_would_be_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    hostile = (
        "=1+1",
        "@SUM(A1)",
        "+cmd|'/C calc'!A0",
        "-2+3",
        "-12.50",
        "\tx",
        "\rx",
        "-5",
        "=a",
        "+7",
        "-5",
        "",
        "=x",
    )
    monkeypatch.setattr("catalog_service.templates.EXAMPLES", (hostile,))
    try:
        csv_template.cache_clear()
        xlsx_template.cache_clear()
        row = csv_rows(examples=True)[1]
        sheet = load_workbook(io.BytesIO(xlsx_template("es", examples=True))).worksheets[0]
    finally:
        csv_template.cache_clear()
        xlsx_template.cache_clear()
    assert row == [
        "'=1+1", "'@SUM(A1)", "'+cmd|'/C calc'!A0",
        "'-2+3", "-12.50", "'\tx", "'\rx", "-5", "'=a", "+7", "-5", "", "'=x",
    ]  # fmt: skip
    cells = {cell.column: cell for cell in sheet[2] if cell.value is not None}
    assert (cells[1].value, cells[1].data_type, cells[1].quotePrefix) == ("=1+1", "s", True)
    # numbers are numbers
    assert (cells[5].value, cells[5].data_type, cells[5].quotePrefix) == (-12.5, "n", False)
    assert "f" not in {cell.data_type for cell in cells.values()}


def test_csv_says_the_same() -> None:
    assert csv_rows(examples=False) == [list(COLUMN_NAMES)]
    assert csv_rows(examples=True) == [list(COLUMN_NAMES), *map(list, EXAMPLES)]
