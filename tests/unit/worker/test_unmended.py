"""The mark by which a row tells that it was written wrong, and that nobody has mended it."""

from string import Formatter
from typing import Any
from urllib.parse import quote
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.catalog import COLUMN_NAMES
from common.texts import ROW_FAULTS
from tests.support.catalogue_files import product
from tests.support.made_error_files import TASK_ID, error_file
from tests.unit.worker.test_origins import frames
from worker.fault_groups import group_faults
from worker.readers.frames import Rows
from worker.readers.origins import Mending, find_report_columns
from worker.readers.table import CellError, FormulaWithoutValue, PlainRows, Row, rows_of
from worker.readers.unmended import Unmended, mark, unmended_faults

SHAPE = [{"code": "row_shape", "params": {"found": 12, "expected": 13}}]
QUOTE = [{"code": "stray_quote", "params": {"column": "Descripción, larga", "value": '12" & [x] #ñ=1'}}]
HEADER = ["motivo", "columna", "fila", "tarea", "id", "nombre, largo"]


NUMERIC = [{"code": "stray_quote", "params": {"column": "2024", "value": "10"}}]
NAMELESS = [{"code": "control_character", "params": {"column": "", "value": "", "character": "U+0001"}}]
MISSING = [{"code": "required_missing", "params": {"columns": ["codigo", "7", ""]}}]


@pytest.mark.parametrize(
    "faults", [SHAPE, QUOTE, SHAPE + QUOTE, NUMERIC, NAMELESS, MISSING, MISSING + NAMELESS + SHAPE]
)
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


_NUMBERS = st.integers(-(2**53), 2**53)
_TEXTS = st.one_of(
    st.sampled_from(["", "7", "2024", "a&b=c, d", "[x] #1"]),
    st.text(st.characters(codec="utf-8"), max_size=9),
)
_TYPED = {"column": _TEXTS, "columns": st.lists(_TEXTS), "found": _NUMBERS, "expected": _NUMBERS}
_ANYTHING = st.one_of(_TEXTS, _NUMBERS, st.lists(_TEXTS, max_size=3))


@st.composite
def any_fault(draw: st.DrawFn) -> dict[str, Any]:
    code = draw(st.sampled_from(sorted(ROW_FAULTS)))
    names = [name for _, name, _, _ in Formatter().parse(ROW_FAULTS[code].es) if name]
    return {"code": code, "params": {name: draw(_TYPED.get(name, _ANYTHING)) for name in names}}


@given(faults=st.lists(any_fault(), min_size=1, max_size=4))
def test_whatever_is_wrong_is_told_as_it_was(faults: list[dict[str, Any]]) -> None:
    assert unmended_faults("mal" + mark(faults, ["P1"]), ["P1"]) == faults


def forged(*words: str) -> str:
    """A mark that names the right cells."""
    right = mark(SHAPE, ["P1"])
    return f"mal [{' '.join(words)} {right[right.index('#') :]}"


def encoded(params: Any) -> str:
    return quote(msgspec.json.encode(params), safe="")


@pytest.mark.parametrize(
    ("code", "params"),
    [
        ("made_up", {"column": "a"}),
        ("stray_quote", {"column": 2024, "value": ""}),
        ("stray_quote", {"column": ["a"], "value": ""}),
        ("stray_quote", {"value": ""}),
        ("required_missing", {"columns": "codigo"}),
        ("required_missing", {"columns": [1]}),
        ("row_shape", {"found": "12", "expected": 13}),
        ("row_shape", {"found": 12, "expected": True}),
        ("row_shape", {"found": 12, "expected": 1.5}),
        ("row_shape", {"found": 2**63, "expected": 13}),
        ("row_shape", {"found": 12, "expected": 13, "more": {"a": 1}}),
        ("row_shape", {}),
        ("row_shape", [12, 13]),
        ("row_shape", None),
    ],
)
def test_a_mark_that_nobody_here_has_written_is_none(code: str, params: Any) -> None:
    sound = encoded(SHAPE[0]["params"])
    assert unmended_faults(forged("row_shape", sound), ["P1"]) == SHAPE
    assert unmended_faults(forged(code, encoded(params)), ["P1"]) == []
    # nor is one of which a part is right
    assert unmended_faults(forged("row_shape", sound, code, encoded(params)), ["P1"]) == []


@pytest.mark.parametrize("written", ["%FF", "%", "%7B", "7", "found=12&expected=13", "%22%ED%A0%80%22"])
def test_what_is_no_json_is_no_mark(written: str) -> None:
    assert unmended_faults(forged("row_shape", written), ["P1"]) == []


def test_what_would_be_too_long_to_be_read_is_not_written() -> None:
    assert mark(SHAPE * 1000, ["P1"]) == ""


_CELLS = {
    "control": {"nombre": "a\x01b"},
    "control_and_missing": {"nombre": "a\x01b", "codigo": ""},
    "many": {"nombre": "a\x01b", "codigo": "", "precio_unitario": "x", "largo": "-1"},
    "missing": {"nombre": "", "codigo": ""},
}


def written(row: dict[str, str], extra: str) -> str:
    """A row of a CSV, with a cell more in front of the last one."""
    cells = [row.get(column, "") for column in COLUMN_NAMES]
    return ";".join([*cells[:-1], extra, cells[-1]]) + "\n"


@pytest.mark.parametrize("extra", ["notas", "2024", ""])
@pytest.mark.parametrize("name", _CELLS)
@pytest.mark.parametrize("format", ["xlsx", "csv"])
def test_a_row_that_nobody_mended_has_the_faults_that_it_had(name: str, extra: str, format: str) -> None:
    header = written({column: column for column in COLUMN_NAMES}, extra)
    assert_comes_back(header + written(product("P1", **_CELLS[name]), "z"), format)


@pytest.mark.parametrize("extra", ["notas", "2024", ""])
@pytest.mark.parametrize("cell", ['a "b" c', "a;b;c", "x\x02", '"x\x02 ""y"""'])
@pytest.mark.parametrize("format", ["xlsx", "csv"])
def test_a_row_that_was_written_wrong_has_the_faults_that_it_had(cell: str, extra: str, format: str) -> None:
    header = written({column: column for column in COLUMN_NAMES}, extra)
    assert_comes_back(header + written(product("P1"), cell) + written(product("P2"), "z"), format)


def assert_comes_back(original: str, format: str) -> None:
    found = rejected_in(original.encode())
    told = error_file(original.encode(), "csv", format, faults=lambda row: found.get(row.fila, []))
    again = rejected_in(told, format, mending=Mending(UUID(TASK_ID)))
    assert found
    assert list(again.values()) == list(found.values())
    # which can be counted
    assert group_faults(again.items()).keys() == group_faults(found.items()).keys()


def rejected_in(content: bytes, format: str = "csv", **order: Any) -> dict[int, list[dict[str, Any]]]:
    told = frames(content, format=format, **order)
    return {row.fila: row.faults for frame in told if isinstance(frame, Rows) for row in frame.rejected}


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
