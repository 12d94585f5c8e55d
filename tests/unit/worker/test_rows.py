"""Checking rows, against the reference model: the same faults, or the same values once COPY has read them."""

import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tests.reference as reference
import tests.reference_cells as reference_cells
from common.catalog import COLUMN_NAMES, COLUMNS, ColumnType
from tests.reference_cells import decimal_marks
from tests.support.catalogue_cases import cells, good_cells, headers, numbers, product_cells
from tests.support.copy_text import parse_copy_line
from worker.processors.catalog.rows import make_checker
from worker.readers.table import CellError, Row, SheetNumber

#: Every character that Python knows, halves of surrogate pairs too.
ANY_CELL = cells(st.characters())
#: What a spreadsheet adds: a cell that holds an error, whatever its text.
ANY_SHEET_CELL = (
    ANY_CELL
    | ANY_CELL.filter(str.strip).map(CellError)
    | st.decimals("-9999999999", "9999999999", places=3).map(str).map(SheetNumber)
)
GOOD_CELLS = ("i", "n", "c", "g", "1.5", "s", "a", "2", "p", "3", "4", "1", "0")
GOOD = dict(zip(COLUMN_NAMES, GOOD_CELLS, strict=True))


def checked(header: Sequence[str], row: Sequence[str]) -> Any:
    """The faults, or the keys and the values as PostgreSQL would have them."""
    verdict = make_checker(header).check(row)
    if isinstance(verdict, list):
        return verdict
    keys, line = verdict
    fields = zip(COLUMNS, parse_copy_line(line), strict=True)
    return keys, {column.name: _value(column.type, text) for column, text in fields}


def _value(type: ColumnType, text: str | None) -> Any:
    if text is None or type is ColumnType.TEXT:
        return text
    if type is ColumnType.BOOLEAN:
        return {"true": True, "false": False}[text]
    return Decimal(text) if type is ColumnType.PRICE else int(text)


def expected(cells: Mapping[str, str] | reference.Shape) -> Any:
    """What the reference makes of the row, as :func:`checked` puts it."""
    values = reference.check_row(cells)
    return values if isinstance(values, list) else ([values["id"], values["codigo"]], values)


def _for_reference(cell: str) -> str:
    if isinstance(cell, SheetNumber):
        return reference_cells.SheetNumber(cell)
    return reference.CellError(cell) if isinstance(cell, CellError) else cell


@given(header=headers(), row=product_cells(ANY_SHEET_CELL), stray=ANY_CELL)
def test_a_row_comes_out_as_in_the_reference(header: list[str], row: dict[str, str], stray: str) -> None:
    known = {name: cell for name, cell in row.items() if name in header}
    shown = {name: _for_reference(cell) for name, cell in known.items()}
    assert checked(header, [known.get(name, stray) for name in header]) == expected(shown)


@settings(max_examples=300)
@given(column=st.sampled_from(COLUMNS), cell=ANY_SHEET_CELL)
def test_a_cell_comes_out_as_in_the_reference(column: Any, cell: str) -> None:
    row = GOOD | {column.name: cell}
    shown = GOOD | {column.name: _for_reference(cell)}
    assert checked(COLUMN_NAMES, list(row.values())) == expected(shown)


@given(st.tuples(*(good_cells(column) for column in COLUMNS)))
def test_sound_cells_are_sound(row: tuple[str, ...]) -> None:
    assert isinstance(checked(COLUMN_NAMES, row), tuple)


@pytest.mark.parametrize(("count", "found"), [(-1, 12), (-13, 0), (1, 14), (3, 16)])
def test_a_row_of_the_wrong_shape_is_told(count: int, found: int) -> None:
    row = [*GOOD.values(), *(["de más"] * count)][: 13 + count]
    assert checked(COLUMN_NAMES, row) == expected(reference.Shape(found, 13))


def test_blank_cells_too_many_do_no_harm() -> None:
    assert checked(COLUMN_NAMES, [*GOOD.values(), "", " \u00a0"]) == expected(GOOD)


def test_headers_are_known_by_any_case_and_with_space_around_them() -> None:
    header = [f" {name.title()}\u00a0" for name in COLUMN_NAMES]
    assert checked(header, list(GOOD.values())) == expected(GOOD)


def test_columns_are_found_wherever_they_stand() -> None:
    order = sorted(COLUMN_NAMES)
    assert checked(order, [GOOD[name] for name in order]) == expected(GOOD)


def test_strange_columns_may_repeat() -> None:
    assert checked([*COLUMN_NAMES, "notas", "notas"], [*GOOD.values(), "a", "b"]) == expected(GOOD)


def survey_and_check(table: Sequence[Sequence[str]]) -> Any:
    """What the checker makes of a whole table that has been surveyed: the verdicts, and the notices."""
    checker = make_checker(COLUMN_NAMES)
    for fila, row in enumerate(table, start=2):
        checker.survey(Row(fila, row))
    notices = checker.notices()
    return [checker.check(row) for row in table], notices


def reference_of(table: Sequence[Sequence[str]]) -> list[Any]:
    rows = [dict(zip(COLUMN_NAMES, map(_for_reference, row), strict=True)) for row in table]
    marks = decimal_marks(rows)
    return [reference_cells.check_row(row, marks) for row in rows]


@given(st.lists(st.tuples(numbers(), numbers(), ANY_SHEET_CELL), min_size=1, max_size=5))
def test_numbers_are_read_by_their_column_as_in_the_reference(rows: list[tuple[str, str, str]]) -> None:
    table = [
        list((GOOD | {"precio_unitario": price, "stock_minimo": stock, "tiempo_entrega_dias": any}).values())
        for price, stock, any in rows
    ]
    verdicts, _ = survey_and_check(table)
    for verdict, row in zip(verdicts, reference_of(table), strict=True):
        if isinstance(verdict, list):
            assert verdict == row
        else:
            values = zip(COLUMNS, parse_copy_line(verdict[1]), strict=True)
            assert {column.name: _value(column.type, text) for column, text in values} == row


@pytest.mark.parametrize("rows", [99, 100, 101, 250])
def test_a_survey_sees_the_last_row_of_any_number_of_rows(rows: int) -> None:
    table = [list((GOOD | {"precio_unitario": "1.250"}).values())] * (rows - 1)
    table.append(list((GOOD | {"precio_unitario": "12,50"}).values()))
    verdicts, notices = survey_and_check(table)
    assert all(isinstance(verdict, tuple) for verdict in verdicts)
    [notice] = notices
    assert (notice["code"], notice["params"]["count"]) == ("numbers_read_by_column", rows - 1)
    assert notice["params"]["rows"] == [2, 3, 4, 5, 6]


def test_rows_that_are_uncertain_show_nothing() -> None:
    checker = make_checker(COLUMN_NAMES)
    comma = list((GOOD | {"precio_unitario": "12,50"}).values())
    checker.survey(Row(2, comma, [{"code": "row_encoding", "params": {}}]))
    checker.survey(Row(3, comma[:-1]))
    checker.survey(Row(4, [*comma, "de más"]))
    checker.notices()
    verdict = checker.check(list((GOOD | {"precio_unitario": "1.250"}).values()))
    assert isinstance(verdict, list)
    assert [fault["code"] for fault in verdict] == ["decimal_point_ambiguous"]


def test_an_error_of_the_spreadsheet_is_not_the_text_that_reads_so() -> None:
    check = make_checker(COLUMN_NAMES).check
    for cell, sound in (("#N/A", True), (CellError("#N/A"), False), ("#N/A", True)):
        row = GOOD | {"categoria": cell, "presentacion": cell}
        assert isinstance(check(list(row.values())), tuple) is sound


def test_the_length_of_a_text_is_counted_in_its_composed_form() -> None:
    row = GOOD | {"id": unicodedata.normalize("NFD", "ñ" * 64)}
    assert checked(COLUMN_NAMES, list(row.values()))[1]["id"] == "ñ" * 64


def test_what_is_shown_of_a_cell_is_short_and_harmless() -> None:
    row = GOOD | {"precio_unitario": "a\x00b\x1b[31m" + "z" * 10_000, "stock_minimo": CellError("#" * 10_000)}
    row |= {"nombre": "a\u202eb\u200f\u2028\ud800" + "z" * 10_000}
    shown = [fault["params"]["value"] for fault in checked(COLUMN_NAMES, list(row.values()))]
    assert all(len(value) == 40 and value.isprintable() for value in shown)


@pytest.mark.parametrize("line", [b"a\nb", b"\\.", b"a\\\tb", b"a\x00"])
def test_the_copy_parser_of_these_tests_refuses_what_postgresql_would(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"line|delimiter"):
        parse_copy_line(line)
