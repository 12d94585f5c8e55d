"""The mark by which a row tells that it was written wrong, and that nobody has mended it."""

from typing import Any

import pytest

from worker.readers.origins import find_report_columns
from worker.readers.table import CellError, FormulaWithoutValue, PlainRows, Row, rows_of
from worker.readers.unmended import Unmended, mark, unmended_faults

SHAPE = [{"code": "row_shape", "params": {"found": 12, "expected": 13}}]
QUOTE = [{"code": "stray_quote", "params": {"column": "Descripción, larga", "value": '12" & [x] #ñ=1'}}]
HEADER = ["motivo", "columna", "fila", "tarea", "id", "nombre, largo"]


@pytest.mark.parametrize("faults", [SHAPE, QUOTE, SHAPE + QUOTE, [{"code": "row_shape", "params": {}}]])
def test_a_mark_tells_the_faults_as_long_as_the_cells_are_the_same(faults: list[dict[str, Any]]) -> None:
    cells = ["P1", "=x", "  two\nlines ", "a\ud800", ""]
    reason = "La fila está mal" + mark(faults, cells)
    assert unmended_faults(reason, cells) == faults
    # what a program changes when it writes the file anew is no change
    assert unmended_faults(reason, ["P1", "'=x", "two lines", "a\ufffd"]) == faults
    assert unmended_faults(reason, ["P1", "=x", "two lines", "a\ufffd", "more"]) == []
    assert unmended_faults(reason, ["P2", *cells[1:]]) == []
    assert unmended_faults(reason + " ", cells) == []
    assert unmended_faults("La fila está mal [sic]", cells) == []


def looked_at(*rows: list[str], is_text: bool = True) -> list[Row]:
    report = find_report_columns(HEADER)
    assert report is not None
    pieces = Unmended(HEADER, report, is_text=is_text).watch([PlainRows(2, list(rows))])
    return list(rows_of(pieces))


def test_rows_keep_their_numbers_around_one_that_is_unmended() -> None:
    plain = ["", "", "7", "x", "P1", "n"]
    marked = ["mal" + mark(SHAPE, ["P2", "n"]), "", "8", "x", "P2", "n"]
    found = looked_at(plain, marked, plain, plain)
    assert [row.fila for row in found] == [2, 3, 4, 5]
    assert [list(row.faults) for row in found] == [[], SHAPE, [], []]
    assert [list(row.cells) for row in found] == [plain, marked, plain, plain]


@pytest.mark.parametrize(
    ("columns", "text", "is_text", "kind"),
    [
        ("nombre, largo", "#N/A", True, CellError),
        ("id, nombre, largo", "#¡DIV/0!", True, CellError),
        ("nombre, largo", "'=…", True, FormulaWithoutValue),
        # where it was not told to be bad, or is none, or is of a workbook, which has errors of its own
        ("id", "#N/A", True, str),
        ("", "#N/A", True, str),
        ("nombre, largo", "#1", True, str),
        ("nombre, largo", "#N/A", False, str),
    ],
)
def test_what_was_an_error_of_a_sheet_is_one_where_the_report_says_so(
    columns: str, text: str, is_text: bool, kind: type
) -> None:
    (row,) = looked_at(["mal", columns, "7", "x", "P1", text], is_text=is_text)
    assert type(row.cells[5]) is kind
