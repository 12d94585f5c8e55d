"""Checking many rows at once comes to what checking them one by one does."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from common.catalog import COLUMN_NAMES, COLUMNS, Column, ColumnType
from tests.support.catalogue_cases import cells, good_cells
from tests.support.copy_text import parse_copy_line
from worker.processors.catalog.numbers import Marks
from worker.processors.catalog.plain import column_reader
from worker.processors.catalog.rows import CatalogChecker, make_checker
from worker.processors.catalog.values import reader_of
from worker.readers.table import PlainRows, Row, SheetNumber, Verdict

ANY_CELL = cells(st.characters()) | st.decimals("-9999999999", "9999999999", places=2).map(str).map(
    SheetNumber
)
#: What stands at the edge of what can be taken as it is.
EDGES = (
    "",
    " ",
    "x ",
    " x",
    "a  b",
    "'5",
    "'a'",
    "a'b",
    "back\\slash",
    "tab\tbed",
    "line\nbroken",
    "\n",
    "nbsp\u00a0",
    "soft\u00ad",
    "no width\u200b",
    "e\u0301",
    "é",
    "ñ",
    "–",
    "“q”",
    "Ω",
    "漢字",
    "\u202e",
    "\ud800",
    "1E+12",
    "1.5E+3",
    "E+",
    "007",
    "0",
    "-0",
    "1.",
    ".5",
    "1,5",
    "12.345",
    "1.234",
    "9999999999.99",
    "99999999999",
    "2147483647",
    "2147483648",
    "sí",
    "SI",
    "x",
    "no",
    "TRUE",
    "1.0",
    "1\n2",
    "3\n",
    "\N{REPLACEMENT CHARACTER}",
    "a" * 64,
    "a" * 65,
)


def rows() -> st.SearchStrategy[list[list[str]]]:
    """Tables in which most cells are sound, as in life, and some are anything."""
    columns = [good_cells(column) for column in COLUMNS]
    odd = st.sampled_from(EDGES) | ANY_CELL
    sound = st.tuples(*columns).map(list)
    spoilt = st.tuples(sound, st.integers(0, len(COLUMNS) - 1), odd).map(_spoil)
    return st.lists(st.one_of(sound, sound, spoilt), min_size=1, max_size=12)


def _spoil(parts: tuple[list[str], int, str]) -> list[str]:
    row, place, cell = parts
    return [*row[:place], cell, *row[place + 1 :]]


def surveyed(table: Sequence[list[str]], *, at_once: bool) -> tuple[CatalogChecker, Any]:
    checker = make_checker(COLUMN_NAMES)
    if at_once:
        checker.survey_all(PlainRows(2, list(table)))
    else:
        for fila, row in enumerate(table, start=2):
            checker.survey(Row(fila, row))
    return checker, checker.notices()


def as_stored(verdict: Verdict) -> Any:
    """The faults, or the keys and the values as PostgreSQL would have them."""
    if isinstance(verdict, list):
        return verdict
    keys, line = verdict
    values = zip(COLUMNS, parse_copy_line(line), strict=True)
    return keys, [_value(column, text) for column, text in values]


def _value(column: Column, text: str | None) -> Any:
    is_number = column.type in (ColumnType.PRICE, ColumnType.WHOLE)
    return Decimal(text) if is_number and text is not None else text


@settings(max_examples=400)
@given(rows())
def test_rows_come_to_the_same_one_by_one_and_many_at_once(table: list[list[str]]) -> None:
    one_by_one, notices = surveyed(table, at_once=False)
    at_once, same_notices = surveyed(table, at_once=True)
    assert same_notices == notices
    expected = [as_stored(one_by_one.check(row)) for row in table]
    assert [as_stored(verdict) for verdict in at_once.check_all(PlainRows(2, table))] == expected


@settings(max_examples=400)
@given(
    st.sampled_from(COLUMNS), st.lists(st.sampled_from(EDGES) | ANY_CELL, min_size=1, max_size=6), st.data()
)
def test_a_column_is_read_as_its_cells_are(column: Column, cells: list[str], data: st.DataObject) -> None:
    cells = data.draw(st.permutations([*cells, *data.draw(st.lists(good_cells(column), max_size=6))]))
    read = reader_of(column, Marks())
    values, doubtful = column_reader(column, read)(cells)
    places = set(doubtful)
    assert len(values) == len(cells)
    for place, (cell, value) in enumerate(zip(cells, values, strict=True)):
        if place in places:
            assert value == ""
        else:
            expected = read(cell)
            assert isinstance(expected, str)
            assert _value(column, value) == _value(column, expected), cell


def test_sound_columns_are_read_as_a_whole() -> None:
    """Else all of this would be of no use, and no other test would tell."""
    sound = {
        ColumnType.TEXT: ["Guantes de látex n.º 5, caja x 100 «M»", "Sonda – Ω"],
        ColumnType.PRICE: ["1", "0.5", "1234567890.25"],
        ColumnType.WHOLE: ["0", "15", "999999999"],
        ColumnType.BOOLEAN: ["true", "no", "Sí", "x"],
    }
    for column in COLUMNS:
        cells = sound[column.type] + ([] if column.required else [""])
        values, doubtful = column_reader(column, reader_of(column, Marks()))(cells)
        assert (len(values), list(doubtful)) == (len(cells), [])
    prices = next(column for column in COLUMNS if column.type is ColumnType.PRICE)
    assert column_reader(prices, reader_of(prices, Marks()))(["1,5", "12"]) == (["1.5", "12"], ())
