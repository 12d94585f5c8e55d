"""Finding what divides a CSV into cells: by its header, held against the first rows under it.

A delimiter that only one of the two bears out is not taken: a wrong one shifts columns.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from itertools import product
from typing import NamedTuple, TextIO

from worker.readers.quoting import swallows_rows
from worker.readers.table import FileRefused

DELIMITERS = ",;\t|"
#: A cell may not be longer than this; the longest column takes 255 characters.
CELL_LIMIT = 131_072

_SAMPLE_LINES = 200
_SAMPLE_CHARACTERS = 4_000_000
_BLANKS = DELIMITERS + " \r\n\ufeff\u00a0"
#: What Excel reads as the delimiter, and does not show; it saves the line with more of them behind it.
_SEP_LINE = re.compile(r'"?sep=(.?)"?\1*[\r\n]*', re.IGNORECASE)
_MARKUP = re.compile(r"\s*<[!?a-z]", re.IGNORECASE)


class Dialect(NamedTuple):
    """How the file is divided.

    ``sep_lines``: lines before all rows that are no rows; ``blank_lines``: rows without any text before the
    header; ``width``: cells of a whole row; ``header_width``: those of the header.
    """

    delimiter: str
    sep_lines: int
    blank_lines: int
    width: int
    header_width: int


class _Reading(NamedTuple):
    """The first lines, read with one delimiter; ``rows`` are those under the header that are not blank."""

    delimiter: str
    header: list[str]
    rows: list[list[str]]

    @property
    def cells(self) -> int:
        return len(self.header)

    @property
    def fits(self) -> bool:
        """Whether at least half of the rows are as wide as the header says."""
        return sum(map(self.is_whole, self.rows)) * 2 >= len(self.rows)

    def is_whole(self, row: Sequence[str]) -> bool:
        named = max((place for place, name in enumerate(self.header, start=1) if name.strip()), default=0)
        return named <= len(row) <= self.cells

    @property
    def usual_width(self) -> tuple[int, int]:
        """The most frequent number of cells in a row, and in how many rows."""
        return Counter(map(len, self.rows)).most_common(1)[0] if self.rows else (0, 0)

    @property
    def width(self) -> int:
        """The cells of a whole row: all rows may be without the delimiters that the header ends with. Not the
        other way round, for who knows which header is missing; and not a single one, for who knows where in
        it cells are missing."""
        width, times = self.usual_width
        often = times > 1 and times * 2 > len(self.rows)
        return width if often and self.is_whole([""] * width) else self.cells


def find_dialect(text: TextIO) -> Dialect:
    """Return the dialect of the file at whose beginning ``text`` stands.

    Raises:
        FileRefused: more than one delimiter would do, or the header bears out another than the rows.
    """
    sep_lines, blank_lines, line = 0, 0, text.readline()
    candidates = DELIMITERS
    if declared := _SEP_LINE.fullmatch(line):
        candidates = _declared(declared[1])
        sep_lines, line = 1, text.readline()
    while line and not line.replace('""', "").strip(_BLANKS):
        blank_lines, line = blank_lines + 1, text.readline()
    if _MARKUP.match(line):
        raise FileRefused("csv_is_html")
    lines = [line]
    size = 0
    while line and len(lines) < _SAMPLE_LINES and size < _SAMPLE_CHARACTERS:
        line = text.readline()
        lines.append(line)
        size += len(line)
    header_line = sep_lines + blank_lines + 1
    reading = _choose(_read_all(lines), candidates, header_line)
    _refuse_swallowed_header(reading.header, header_line)
    _refuse_split_header(reading, header_line)
    return Dialect(reading.delimiter, sep_lines, blank_lines, reading.width, reading.cells)


def _declared(delimiter: str) -> str:
    if not delimiter or delimiter not in DELIMITERS:
        raise FileRefused("delimiter_unsupported", delimiter=delimiter)
    return delimiter


def _read_all(lines: list[str]) -> list[_Reading]:
    readings = [_read(lines, delimiter) for delimiter in DELIMITERS]
    return [reading for reading in readings if reading.header]


def _read(lines: list[str], delimiter: str) -> _Reading:
    """Read as far as the quoting holds; where it breaks, the reader tells."""
    records: list[list[str]] = []
    with suppress(csv.Error):
        records.extend(
            cells
            for cells in csv.reader(lines, delimiter=delimiter, strict=True)
            if any(cell.strip() for cell in cells)
        )
    return _Reading(delimiter, records[0] if records else [], records[1:])


def _refuse_swallowed_header(header: list[str], line: int) -> None:
    """A stray quote in the header takes the true delimiters away, so that another one may seem to divide."""
    for cell, delimiter in product(header, DELIMITERS):
        if swallows_rows(cell, 3, delimiter, spaced=False):
            raise FileRefused("csv_rows_in_cell", line=line)


def _refuse_split_header(reading: _Reading, line: int) -> None:
    """Two lines of headers are together as wide as the rows below; each may be as wide as the other."""
    first, *others = reading.rows or [[]]
    width = Counter(map(len, others)).most_common(1)[0][0] if others else 0
    if reading.cells > 1 and width == reading.cells + len(first) - 1 != reading.cells:
        raise FileRefused("header_split", line=line)


def _choose(readings: list[_Reading], candidates: str, line: int) -> _Reading:
    """Return the one reading that header and rows agree on."""
    dividing = [each for each in readings if each.cells > 1 and each.delimiter in candidates]
    if not dividing:
        return _undivided(readings, candidates, line)
    fitting = [each for each in dividing if each.fits]
    if not fitting:
        return _misfit(max(dividing, key=lambda each: each.cells), dividing, readings, line)
    best = max(fitting, key=lambda each: each.cells)
    rivals = [
        each
        for each in dividing
        if each is not best and each.rows and (each.fits or each.usual_width[0] > best.cells)
    ]
    if rivals:
        delimiters = [_shown(each.delimiter) for each in (best, *rivals)]
        raise FileRefused("delimiter_ambiguous", line=line, delimiters=delimiters)
    return best


def _undivided(readings: list[_Reading], candidates: str, line: int) -> _Reading:
    """Return the reading of a table of one column, by a delimiter that does not occur in it."""
    for reading in readings:
        width, times = reading.usual_width
        if width > 1 and times * 2 >= len(reading.rows):
            raise FileRefused(
                "header_not_divided", line=line, delimiter=_shown(reading.delimiter), found=width
            )
    _refuse_wrapped_lines(readings, line)
    unused = [each for each in readings if each.delimiter in candidates and each.usual_width[0] <= 1]
    return unused[0] if unused else _Reading(candidates[0], [], [])


def _refuse_wrapped_lines(readings: list[_Reading], line: int) -> None:
    """Some program took each line for one text and put quotes around it."""
    for reading in readings:
        table = [row[0] for row in (reading.header, *reading.rows) if len(row) == 1]
        for delimiter in DELIMITERS:
            widths = {_width(text, delimiter) for text in table}
            if len(table) > 1 and len(widths) == 1 and min(widths) > 1:
                raise FileRefused("lines_in_quotes", line=line)


def _width(text: str, delimiter: str) -> int:
    """Return into how many cells a line is divided that may hold several lines itself."""
    return next((len(cells) for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)), 0)


def _misfit(best: _Reading, dividing: list[_Reading], readings: list[_Reading], line: int) -> _Reading:
    """Rows are not as wide as the header: the reason is told if it is one of the whole file, else by row."""
    width, times = best.usual_width
    for other in readings:
        other_width, other_times = other.usual_width
        if other is not best and other_width > width and other_times * 2 >= len(other.rows):
            raise FileRefused(
                "delimiter_differs",
                line=line,
                header_delimiter=_shown(best.delimiter),
                rows_delimiter=_shown(other.delimiter),
            )
    if len(dividing) > 1:
        raise FileRefused(
            "delimiter_ambiguous", line=line, delimiters=[_shown(each.delimiter) for each in dividing]
        )
    if 1 < times == len(best.rows):
        raise FileRefused("header_width_differs", line=line, found=width, expected=best.cells)
    return best


def _shown(delimiter: str) -> str:
    return "TAB" if delimiter == "\t" else delimiter
