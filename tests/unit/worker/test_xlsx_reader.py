"""Reading workbooks as people's programs write them, by either parser; and what only pretends to be one."""

import io
import random
import zipfile
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from common.texts import TASK_ERRORS
from tests.support.files import open_file, with_parts, workbook
from worker.readers.child import Order, read_frames
from worker.readers.frames import Refused
from worker.readers.table import CellError, FileRefused, FormulaWithoutValue
from worker.readers.xlsx import XlsxReader

DATA = Path(__file__).parents[3] / "data"
SHEET = "xl/worksheets/sheet1.xml"
ORDER = Order("xlsx", "tests.support.wild_checkers:takes_all", 0, 10, 0, 0, 0)


def read(content: bytes) -> list[list[str]]:
    with open_file(content) as file:
        rows = list(XlsxReader(file).rows())
    assert [row.fila for row in rows] == list(range(1, len(rows) + 1))
    return [list(row.cells) for row in rows]


@pytest.fixture(params=["fast", "careful"])
def both(request: pytest.FixtureRequest) -> Any:
    """Read by each of the parsers."""
    return lambda fill: read(_made_for(request.param, workbook(fill)))


def _made_for(parser: str, content: bytes) -> bytes:
    """The same workbook, which a comment in its sheets makes one for the careful parser."""
    if parser == "careful":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/")]
        content = with_parts(content, dict.fromkeys(sheets, _commented))
    with open_file(content) as file:
        assert XlsxReader(file).facts["reader"] == {"fast": "calamine", "careful": "openpyxl"}[parser]
    return content


def _commented(sheet: bytes) -> bytes:
    assert b"<sheetData" in sheet
    return sheet.replace(b"<sheetData", b"<!-- --><sheetData", 1)


def test_cells_are_what_a_person_would_have_typed(both: Any) -> None:
    cells = {
        "texto": "texto",
        " con espacio ": " con espacio ",
        "008584": "008584",
        "línea\nnueva": "línea\nnueva",
        "": "",
        5: "5",
        -0.0: "0",
        2.50: "2.5",
        0.1 + 0.2: "0.3",
        1234567.89: "1234567.89",
        1e-7: "0.0000001",
        1e20: "100000000000000000000",
        123456789012345678: "123456789012346000",
        None: "",
    }
    assert both(lambda sheet: sheet.append([*cells, "fin"])) == [[*cells.values(), "fin"]]


def test_truth_values_and_dates_have_one_form(both: Any) -> None:
    midnight = datetime(2026, 1, 5)  # noqa: DTZ001 - a spreadsheet knows no time zones
    cells = [True, False, date(2026, 1, 5), midnight, midnight.replace(hour=6, minute=7), time(6, 7)]
    shown = ["true", "false", "2026-01-05", "2026-01-05", "2026-01-05T06:07:00", "06:07:00"]
    assert both(lambda sheet: sheet.append(cells)) == [shown]


def test_a_character_that_xml_cannot_hold_is_read_as_it_was_meant(both: Any) -> None:
    assert both(lambda sheet: sheet.append(["a_x000D_b", "_x0041_", "x_1"])) == [["a\rb", "A", "x_1"]]


def test_rows_keep_their_numbers_whatever_is_empty(both: Any) -> None:
    def fill(sheet: Worksheet) -> None:
        for row, column, value in [(3, 2, "id"), (3, 3, "nombre"), (6, 2, "1"), (8, 3, "x")]:
            sheet.cell(row, column).value = value

    rows = [[cell for cell in row if cell] for row in both(fill)]
    assert rows == [[], [], ["id", "nombre"], [], [], ["1"], [], ["x"]]


def test_what_stands_right_of_the_headers_belongs_to_no_column(both: Any) -> None:
    def fill(sheet: Worksheet) -> None:
        for cells in (["id", "nombre"], ["1", "a", "nota"], ["2"], [None, None, None, "otra"]):
            sheet.append(cells)

    assert both(fill) == [["id", "nombre"], ["1", "a"], ["2", ""], []]


def test_the_first_sheet_that_is_shown_is_read(both: Any) -> None:
    def fill(sheet: Worksheet) -> None:
        sheet.sheet_state = "hidden"
        assert isinstance(sheet.parent, Workbook)
        sheet.parent.create_sheet("escondida").sheet_state = "veryHidden"
        sheet.parent.create_sheet("a la vista").append(["id"])
        sheet.parent.create_sheet("otra").append(["nada"])

    assert both(fill) == [["id"]]


def test_an_error_in_a_cell_is_no_text_that_reads_like_one() -> None:
    def fill(sheet: Worksheet) -> None:
        sheet.append(["id", "nombre", "codigo"])
        sheet.append(["#N/A", "=1/0", "x"])
        sheet["C2"].value, sheet["C2"].data_type = "#N/A", "s"

    _, cells = read(workbook(fill))
    assert cells == ["#N/A", FormulaWithoutValue(), "#N/A"]
    assert [type(cell) for cell in cells] == [CellError, FormulaWithoutValue, str]


def test_a_formula_counts_by_the_value_it_had() -> None:
    def fill(sheet: Worksheet) -> None:
        sheet.append(["id", "nombre"])
        sheet.append(["a", 3])

    def formula(sheet: bytes) -> bytes:
        return sheet.replace(b"<v>3</v>", b"<f>1+2</f><v>3</v>")

    assert read(with_parts(workbook(fill), {SHEET: formula})) == [["id", "nombre"], ["a", "3"]]


@pytest.mark.parametrize("careful", [False, True])
def test_a_dimension_that_lies_hides_nothing(careful: bool) -> None:
    def fill(sheet: Worksheet) -> None:
        sheet.append(["id", "#N/A" if careful else "n"])
        sheet.append(["a", "b"])

    def lie(sheet: bytes) -> bytes:
        assert b'<dimension ref="A1:B2"' in sheet
        return sheet.replace(b'<dimension ref="A1:B2"', b'<dimension ref="A1:A1"')

    assert read(with_parts(workbook(fill), {SHEET: lie}))[1] == ["a", "b"]


def _good() -> bytes:
    return (DATA / "productos_ejemplo.xlsx").read_bytes()


def _compressed() -> bytes:
    return with_parts(_good(), {})


def _broken_in_mid_stream() -> bytes:
    content = bytearray(_compressed())
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        start = archive.getinfo(SHEET).header_offset + 100
    content[start : start + 8] = b"\xff" * 8
    return bytes(content)


def _hidden() -> bytes:
    content = workbook(lambda sheet: sheet.append(["#N/A"]))
    book = "xl/workbook.xml"
    return with_parts(content, {book: lambda part: part.replace(b'state="visible"', b'state="hidden"')})


@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param(lambda: b"", "no_header", id="nothing"),
        pytest.param(lambda: b"\x89PNG\r\n\x1a\n", "file_unreadable", id="a picture"),
        pytest.param(lambda: b"id,nombre\n1,a\n", "xlsx_is_csv", id="a CSV"),
        pytest.param(lambda: b"PK\x03\x04" + b"\0" * 100, "xlsx_truncated", id="the beginning of a zip"),
        pytest.param(lambda: _good()[: len(_good()) // 2], "xlsx_truncated", id="half a workbook"),
        pytest.param(_broken_in_mid_stream, "file_unreadable", id="a broken stream"),
        pytest.param(
            lambda: (DATA / "rotos" / "zip_sin_libro.xlsx").read_bytes(), "xlsx_is_zip", id="another zip"
        ),
        pytest.param(lambda: with_parts(_good(), {SHEET: lambda _: None}), "file_unreadable", id="no sheet"),
        pytest.param(
            lambda: with_parts(_good(), {SHEET: lambda part: part[:-40]}), "file_unreadable", id="XML cut off"
        ),
        pytest.param(
            lambda: with_parts(_good(), {"xl/workbook.xml": lambda _: b"<a/>"}), "xlsx_no_sheet", id="no book"
        ),
        pytest.param(_hidden, "xlsx_no_sheet", id="no sheet that is shown"),
    ],
)
def test_what_is_no_workbook_is_refused(content: Any, code: str) -> None:
    with pytest.raises(FileRefused) as refused:
        read(content())
    assert refused.value.code == code
    assert refused.value.params == ({"format": "XLSX"} if code == "file_unreadable" else {})


def _damaged(seed: int) -> bytes:
    """A workbook, with or without error cells, with some of its bytes wrong or gone."""
    chance = random.Random(seed)  # noqa: S311 - damage, not a secret
    name = chance.choice(["productos_ejemplo.xlsx", "productos_300_con_errores.xlsx"])
    content = bytearray(with_parts((DATA / name).read_bytes(), {}))
    for _ in range(chance.choice([1, 3, 20])):
        content[chance.randrange(len(content))] = chance.randrange(256)
    if chance.random() < 0.3:
        start = chance.randrange(len(content))
        del content[start : start + chance.choice([1, 100])]
    return bytes(content)


@settings(max_examples=40)
@given(st.integers(0, 2**32))
def test_no_damage_is_more_than_a_refusal(seed: int) -> None:
    with open_file(_damaged(seed)) as file:
        frames = list(read_frames(file, ORDER))
    # whatever the bytes that went wrong now claim, there is a sentence for it
    assert not isinstance(frames[-1], Refused) or frames[-1].code in TASK_ERRORS.keys() - {"reader_limits"}


TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="_\ufffe\uffff")
)
CELL = st.one_of(
    TEXT.filter(lambda text: not text.startswith(("=", "#"))),
    st.booleans(),
    st.integers(-(10**12), 10**12),
    st.decimals("-9999999999.99", "9999999999.99", places=2),
)


@settings(max_examples=40)
@given(st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=4))
def test_both_parsers_read_the_same(rows: list[list[Any]]) -> None:
    def fill(sheet: Worksheet) -> None:
        for cells in (["id", "nombre", "codigo"], *rows, ["fin"]):
            sheet.append(cells)

    content = workbook(fill)
    assert read(_made_for("fast", content)) == read(_made_for("careful", content))
