"""Checking the rows of a catalogue: every cell becomes a value that the table takes, or a fault that says
what is wrong.

Runs in the reading child.
"""

from collections.abc import Collection, Iterable, Sequence
from itertools import repeat
from operator import itemgetter
from typing import Any, cast

from common.catalog import COLUMNS
from worker.processors.catalog.faults import fault, notice
from worker.processors.catalog.headers import place_of, read_headers
from worker.processors.catalog.numbers import Marks
from worker.processors.catalog.plain import column_reader
from worker.processors.catalog.survey import survey_of
from worker.processors.catalog.tally import Tally
from worker.processors.catalog.values import IDENTIFIERS, clean, default_of, reader_of
from worker.readers.table import Fault, Hints, Notice, PlainRows, Row, Verdict

#: Rows that are looked at together: enough to be quick, few enough to be held.
_ROWS_AT_A_TIME = 100
#: A file may have a hundred thousand columns without a header.
_UNNAMED_LOOKED_AT = 100


def make_checker(
    header: Sequence[str], *, aside: Collection[int] = (), hints: Hints | None = None
) -> "CatalogChecker":
    """Return the check for rows under this header (a `CheckerFactory`).

    Raises:
        FileRefused: a required column is missing, or several headers mean the same one.
    """
    return CatalogChecker(header, aside, hints or {})


class CatalogChecker:
    """Checks the rows under one header (a `Checker`)."""

    def __init__(self, header: Sequence[str], aside: Collection[int], hints: Hints) -> None:
        headers = read_headers(header, aside)
        self._columns = headers.columns
        self._notices = headers.notices
        self._width = len(header)
        self._unnamed = {index: Tally() for index in headers.unnamed[:_UNNAMED_LOOKED_AT]}
        self._marks = marks = {column.name: Marks(examples=hints.get(column.name)) for column in COLUMNS}
        present = [column for column in COLUMNS if column.name in headers.places]
        self._present = itemgetter(*(headers.places[column.name] for column in present))
        self._surveys = [survey_of(column, marks[column.name]) for column in present]
        self._readers = [reader_of(column, marks[column.name]) for column in present]
        self._column_readers = list(map(column_reader, present, self._readers))
        self._places = [headers.places[column.name] for column in present]
        self._defaults = [
            (place, default_of(column))
            for place, column in enumerate(COLUMNS)
            if column.name not in headers.places
        ]
        self._identifier_places = [headers.places[name] for name in IDENTIFIERS]
        self._filas: list[int] = []
        self._cells: list[Sequence[str]] = []

    @property
    def columns(self) -> list[dict[str, Any]]:
        """How each column was understood, with what the survey has learnt of it so far."""
        return [
            {**column, "hints": marks.examples}
            if column["column"] and (marks := self._marks[column["column"]]).examples
            else column
            for column in self._columns
        ]

    def survey(self, row: Row) -> None:
        """Look for what only shows in many rows; those of the wrong shape show nothing."""
        cells = row.cells
        if row.faults or self._is_misshapen(cells):
            return
        self._filas.append(row.fila)
        self._cells.append(self._present(cells))
        if len(self._filas) == _ROWS_AT_A_TIME:
            self._look()
        if self._unnamed:
            for index, tally in self._unnamed.items():
                if cells[index].strip():
                    tally.add(row.fila, cells[index])

    def survey_all(self, rows: PlainRows) -> None:
        """Look at many rows."""
        # what was seen first is told first
        self._look()
        columns = list(zip(*rows.cells, strict=True))
        filas = range(rows.first, rows.first + len(rows.cells))
        for survey, place in zip(self._surveys, self._places, strict=True):
            survey.look(filas, columns[place])
        for index, tally in self._unnamed.items():
            for fila, cell in zip(filas, columns[index], strict=True):
                if cell.strip():
                    tally.add(fila, cell)

    def notices(self) -> list[Notice]:
        """Return what the headers and the survey of all rows came to, which it ends."""
        self._look()
        unnamed = [
            notice("column_unnamed", place=place_of(index), **tally.params)
            for index, tally in self._unnamed.items()
            if tally.count
        ]
        surveyed = [found for survey in self._surveys for found in survey.notices()]
        return [*self._notices, *unnamed, *surveyed]

    def check_all(self, rows: PlainRows) -> list[Verdict]:
        """Return what each of many rows comes to: column by column, and those one by one in which that meets
        something to think about."""
        columns = list(zip(*rows.cells, strict=True))
        values: list[Iterable[str]] = []
        doubtful: set[int] = set()
        for read, place in zip(self._column_readers, self._places, strict=True):
            read_values, unread = read(columns[place])
            values.append(read_values)
            doubtful.update(unread)
        for place, default in self._defaults:
            values.insert(place, repeat(default))
        lines = "\n".join(map("\t".join, zip(*values, strict=False))).encode().split(b"\n")
        keys = map(list, zip(*(columns[place] for place in self._identifier_places), strict=True))
        verdicts: list[Verdict] = list(zip(keys, lines, strict=True))
        for place in doubtful:
            verdicts[place] = self.check(rows.cells[place])
        return verdicts

    def check(self, cells: Sequence[str]) -> Verdict:
        """Return the keys and the COPY line of a row, or its faults."""
        if self._is_misshapen(cells):
            return [fault("row_shape", found=len(cells), expected=self._width)]
        values = [read(cell) for cell, read in zip(self._present(cells), self._readers, strict=True)]
        for place, default in self._defaults:
            values.insert(place, default)
        try:
            line = "\t".join(cast("list[str]", values))
        except TypeError:
            # something is no text: quicker than asking each of them, row by row
            return self._faults(values)
        return [clean(cells[place]) for place in self._identifier_places], line.encode()

    def _faults(self, values: list[str | Fault | None]) -> list[Fault]:
        """Return the faults among the values of a row: what is missing first, as one."""
        missing = [column.name for column, value in zip(COLUMNS, values, strict=True) if value is None]
        faults = [value for value in values if isinstance(value, dict)]
        return [fault("required_missing", columns=missing), *faults] if missing else faults

    def _is_misshapen(self, cells: Sequence[str]) -> bool:
        width = self._width
        return len(cells) != width and (len(cells) < width or any(cell.strip() for cell in cells[width:]))

    def _look(self) -> None:
        if self._filas:
            for survey, cells in zip(self._surveys, zip(*self._cells, strict=True), strict=True):
                survey.look(self._filas, cells)
            self._filas, self._cells = [], []
