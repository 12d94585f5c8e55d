"""CSV in any dialect, sound and damaged, against a model: every row of the source is in the output unchanged,
or is reported, or the file is refused."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.support.files import open_file
from worker.readers.csv import CsvReader
from worker.readers.table import FileRefused, Row

Table = list[list[str]]
#: Letters, and what has a meaning in one dialect or another; a row of nothing else but delimiters is blank.
_CELLS = st.text(st.sampled_from("abé 0,;\t|\"'\n\r=#"), max_size=8).filter(
    lambda cell: not cell.strip() or any(letter in cell for letter in "abé0=#")
)
_DELIMITERS = ",;\t|"


class Dialect(NamedTuple):
    """How a table is written. ``quoting``: by turns, which cells stand in quotes without need."""

    delimiter: str
    end: str
    encoding: str
    quoting: list[bool]
    has_sep_line: bool
    blank_lines: int
    ends_with_end: bool


dialects = st.builds(
    Dialect,
    delimiter=st.sampled_from(_DELIMITERS),
    end=st.sampled_from(["\r\n", "\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    quoting=st.lists(st.booleans(), min_size=1, max_size=7),
    has_sep_line=st.booleans(),
    blank_lines=st.integers(0, 2),
    ends_with_end=st.booleans(),
)


def _as_prose(cell: str) -> str:
    """A text of several lines, as people write it: with space behind what may be delimiters, else it may as
    well be rows; and not ending in a line break, behind which a row would end in a blank one."""
    if "\n" not in cell and "\r" not in cell:
        return cell
    return re.sub(r"([,;\t|]) ?", r"\1 ", cell.strip()) + "."


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """A header and rows of one width; every row has a cell of its own, so that it is known again."""
    width = draw(st.integers(3, 6))
    rows = draw(st.lists(st.lists(_CELLS, min_size=width, max_size=width), min_size=1, max_size=6))
    own = draw(st.integers(0, width - 1))
    rows = [[_as_prose(cell) for cell in row] for row in rows]
    for number, row in enumerate(rows):
        row[own] = f"fila {number}"
    return [[f"columna {place}" for place in range(width)], *rows]


def written_cells(table: Table, dialect: Dialect) -> Table:
    """The cells as they stand in the file, quotes and all."""
    needs_quotes = {dialect.delimiter, '"', "\n", "\r"}
    quoting = (dialect.quoting[place % len(dialect.quoting)] for place in range(10_000))

    def written(cell: str) -> str:
        # an apostrophe at the beginning of a cell and its end looks like a quote
        needs = not needs_quotes.isdisjoint(cell) or cell[:1] == "'"
        return '"' + cell.replace('"', '""') + '"' if needs or next(quoting) else cell

    return [[written(cell) for cell in row] for row in table]


def file_of(lines: Sequence[str], dialect: Dialect) -> bytes:
    """The file with these records."""
    first = [f"sep={dialect.delimiter}"] if dialect.has_sep_line else []
    text = dialect.end.join([*first, *[""] * dialect.blank_lines, *lines])
    return (text + dialect.end * dialect.ends_with_end).encode(dialect.encoding)


def read(content: bytes) -> list[Row] | None:
    """All rows, or None if the file is refused."""
    with open_file(content) as file:
        try:
            return list(CsvReader(file).rows())
        except FileRefused:
            return None


@given(tables(), dialects)
def test_any_table_in_any_dialect_comes_back(table: Table, dialect: Dialect) -> None:
    content = file_of([dialect.delimiter.join(row) for row in written_cells(table, dialect)], dialect)
    first = 1 + dialect.blank_lines
    rows = read(content)
    assert rows is not None
    assert [row.fila for row in rows] == list(range(first, first + len(table)))
    assert [list(row.cells) for row in rows] == table
    assert not any(row.faults for row in rows)


def damaged_cells(cell: str, half: int, end: str) -> list[str]:
    """The ways to damage a cell as it is written, at its ends or at ``half``: quotes too many or too few,
    line breaks, control characters."""
    begin, rest = cell[:half], cell[half:]
    ways = [
        f'"{cell}',
        f'{cell}"',
        f'{begin}"{rest}',
        *(f"{begin}{control}{rest}" for control in "\0\x01\x1f"),
    ]
    return [*ways, cell[1:], cell[:-1], cell[1:-1]] if cell[:1] == '"' else [*ways, begin + end + rest]


@st.composite
def damages(draw: st.DrawFn, cells: Table, dialect: Dialect) -> list[str]:
    """The records of a table, damaged in one place of the header or in one or two of the rows: whoever
    changes both alike makes another table."""
    delimiter = dialect.delimiter
    pieces = [[[cell, delimiter] for cell in row] for row in cells]
    hit: set[tuple[int, int]] = set()
    in_header = draw(st.booleans())
    damaged_rows = st.just(0) if in_header else st.integers(1, len(cells) - 1)
    # a header both broken and cut is that of another table
    times = 1 if in_header else draw(st.integers(1, 2))
    for _ in range(times):
        row = draw(damaged_rows)
        place = draw(st.integers(0, len(pieces[row]) - 1))
        kept = "".join(cell for cell, _ in pieces[row][: place + 1])
        damage = draw(st.sampled_from(["cell", "cell", "delimiter", "cut"]))
        # two quotes in one cell are what a program writes for one
        if damage == "cell" and (row, place) not in hit:
            half = draw(st.integers(0, len(cells[row][place])))
            pieces[row][place][0] = draw(st.sampled_from(damaged_cells(cells[row][place], half, dialect.end)))
        elif damage == "delimiter":
            # a delimiter too many makes up for a cell that is cut off: nobody could see that
            others = {*_DELIMITERS, "", " ", delimiter * (3 - times)} - {delimiter}
            pieces[row][place][1] = draw(st.sampled_from(sorted(others)))
        # a row that has lost all its text is none
        elif damage == "cut" and kept.strip('" \t\r\n'):
            del pieces[row][place + 1 :]
        hit.add((row, place))
    records = ["".join(map("".join, row)).removesuffix(row[-1][1]) for row in pieces]
    # nor is one that has nothing left but what nobody can see
    assume(
        all(any(not sign.isspace() and sign not in ('"', delimiter) for sign in record) for record in records)
    )
    return records


def lost(source: Table, rows: list[Row]) -> list[list[str]]:
    """The rows of the source that are neither in the output nor reported beside where they should be, and
    rows of the output that are in no source; space around a cell is no part of it."""
    missing: list[list[str]] = []
    silent: list[list[str]] = []
    reported = False
    header, *rest = ([cell.strip() for cell in row] for row in source)
    if len(rows[0].cells) != len(header):
        # columns are gone, or there are more: no row may be taken for whole
        return [list(row.cells) for row in rows[1:] if not row.faults]
    # other names are for whoever knows the columns to see
    for row in rows[1:]:
        cells = [cell.strip() for cell in row.cells]
        if row.faults:
            reported = True
        elif cells in rest:
            at = rest.index(cells)
            missing, rest = missing + ([] if reported else rest[:at]), rest[at + 1 :]
            reported = False
        else:
            silent.append(cells)
    return silent + missing + ([] if reported else rest)


@settings(max_examples=600, derandomize=True)
@given(st.data(), tables(), dialects)
def test_damage_changes_no_row_in_silence(data: st.DataObject, table: Table, dialect: Dialect) -> None:
    lines = data.draw(damages(written_cells(table, dialect), dialect))
    rows = read(file_of(lines, dialect))
    if rows is not None:
        assert lost(table, rows) == []
