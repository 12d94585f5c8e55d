"""The records of a CSV file, many at once where there is nothing odd about them, else one by one.

The parser is Python's, in its strict mode. What it would take without a word wants a closer look: quotes in
the middle of a cell, a stray quote that swallows rows and happens to close, rows broken over two lines.
"""

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain
from operator import itemgetter
from typing import Any, TextIO

from worker.readers.dialect import CELL_LIMIT, Dialect
from worker.readers.encoding import CONTROLS, ODD, UNDECODED, Encoding
from worker.readers.quoting import LINE_END, broken_quote, stray_quotes, swallows_rows
from worker.readers.table import Fault, FileRefused, PlainRows, Row

#: Of the lines that are looked at together: enough rows to be quick, few enough to be held.
_GROUP_CHARACTERS = 50_000
#: The end of a text file under DOS.
_DOS_END = "\x1a"
_SHOWN_CHARACTERS = 40
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

#: A row without faults, made without the detour by way of keyword arguments.
_plain_row: Callable[[tuple[int, list[str], tuple[()]]], Row] = partial(tuple.__new__, Row)


class Records:
    """The records of the text, from its first line on, those that hold nothing left out.

    Iterating raises ``FileRefused`` where the quoting is broken, so that what follows could be anything.
    """

    def __init__(self, text: TextIO, dialect: Dialect, encoding: Encoding) -> None:
        self._dialect = dialect
        self._encoding = encoding
        self._skipped = dialect.sep_lines + dialect.blank_lines
        for _ in range(self._skipped):
            text.readline()
        self._lines = _Lines(text)
        #: The lines of the record at hand, if it has quotes or something else that wants a closer look.
        self._quoted: list[str] = []
        self._reader = csv.reader(self._remember_quoted(), delimiter=dialect.delimiter, strict=True)
        self._fila = dialect.blank_lines
        self._header: Sequence[str] = ()
        self._header_fila = 0
        # each row waits for the next: a row of a single cell makes those beside it doubtful
        self._held: Row | None = None
        self._held_has_quotes = False
        self._short: Row | None = None

    def __iter__(self) -> Iterator[Row | PlainRows]:
        try:
            while lines := self._lines.at_hand():
                rows = self._parse_plain(lines)
                if rows is not None:
                    yield from self._take_plain(rows, lines)
                else:
                    yield from self._take_one_by_one()
        except csv.Error as error:
            raise _refusal(self._quoted, self._last_line, self._dialect.delimiter) from error
        if self._held:
            yield self._held

    @property
    def _last_line(self) -> int:
        return self._skipped + self._lines.taken

    def _parse_plain(self, lines: list[str]) -> list[list[str]] | None:
        """Return the rows of the lines at hand if each is a whole record of the usual width in which quotes
        stand where they should and nothing else is odd; None otherwise."""
        if not self._held or self._short or self._encoding.mixed:
            return None
        text = "".join(lines)
        if self._encoding.odd and ODD.search(text):
            return None
        try:
            rows = list(csv.reader(lines, delimiter=self._dialect.delimiter, strict=True))
        except csv.Error:
            return None
        if len(rows) != len(lines) or set(map(len, rows)) != {self._dialect.width}:
            return None
        if '"' in text and '"' in "".join(chain.from_iterable(rows)):
            return None
        # a row of blanks is none; most show at their first cell that they are not
        if not all(map(str.strip, map(itemgetter(0), rows))) and not all(map(_has_text, rows)):
            return None
        return rows

    def _take_plain(self, rows: list[list[str]], lines: list[str]) -> Iterator[Row | PlainRows]:
        held, first = self._held, self._fila + 1
        assert held is not None
        self._lines.take_all()
        self._fila += len(rows)
        self._hold(_plain_row((self._fila, rows.pop(), ())), has_quotes='"' in lines[-1])
        is_plain = not held.faults and not held.is_blank
        if is_plain and held.fila == first - 1 > self._header_fila:
            rows.insert(0, list(held.cells))
            first -= 1
        else:
            yield held
        if rows:
            yield PlainRows(first, rows)

    def _take_one_by_one(self) -> Iterator[Row]:
        """Yield what the parser gives until the lines at hand are taken, looking closer where there is
        reason to."""
        quoted, width = self._quoted, -1 if self._encoding.mixed else self._dialect.width
        for cells in self._reader:
            self._fila += 1
            has_quotes = bool(quoted)
            if len(quoted) == 1 and not self._encoding.odd and '"' not in "".join(cells):
                quoted.clear()
            if self._held and not self._short and not quoted and len(cells) == width:
                yield self._held
                self._hold(_plain_row((self._fila, cells, ())), has_quotes=has_quotes)
            elif _has_text(cells):
                yield from self._take_oddity(cells, has_quotes=has_quotes)
            quoted.clear()
            if self._lines.all_taken or self._fila == self._header_fila:
                return

    def _take_oddity(self, cells: list[str], *, has_quotes: bool) -> Iterator[Row]:
        if self._held is None:
            # all rows may be without the delimiters that the header ends with
            self._header = cells = cells[: max(self._dialect.width, 1)]
            self._header_fila = self._fila
        row = self._look_closer(cells)
        if self._held:
            yield _doubted(self._held, row) if self._is_rest(row, self._held_has_quotes) else self._held
        is_rest = self._short is not None and self._is_begun(row, self._short)
        self._hold(_doubted(row, self._short) if self._short and is_rest else row, has_quotes=has_quotes)

    def _hold(self, row: Row, *, has_quotes: bool) -> None:
        self._held, self._held_has_quotes = row, has_quotes
        self._short = row if len(row.cells) < self._dialect.width else None

    def _is_rest(self, row: Row, has_quotes: bool) -> bool:
        """Tell whether a row may be the rest of the one before, which ``has_quotes`` or not: a quote too many
        or too few there leaves one here."""
        misplaced = any(fault["code"] in ("stray_quote", "row_shape") for fault in row.faults)
        out_of_step = misplaced and any('"' in cell for cell in row.cells)
        is_short = len(row.cells) < self._dialect.width
        return (out_of_step and (has_quotes or is_short)) or self._is_fragment(row)

    def _is_begun(self, row: Row, short: Row) -> bool:
        """Tell whether a row may have begun in the short one before it: as the rest of a cell, which is prose
        if it holds delimiters."""
        return self._is_fragment(short) or any(cell[:1].isspace() for cell in row.cells[1:])

    def _is_fragment(self, row: Row) -> bool:
        """Tell whether a row may be part of the one beside it.

        A line break without quotes, within the first cell of a row or the last, leaves a row that looks whole
        but lost a part of a cell, and that part: a single cell, or what prose with delimiters comes to.
        """
        return len(row.cells) < self._dialect.width and all(cell[:1].isspace() for cell in row.cells[1:])

    def _look_closer(self, cells: list[str]) -> Row:
        faults = tuple(self._faults(cells))
        return Row(self._fila, [UNDECODED.sub("\ufffd", cell) for cell in cells], faults)

    def _faults(self, cells: list[str]) -> list[Fault]:
        """Return what is wrong with a record, as far as it is certain where it ends."""
        quoted = self._quoted
        width = len(cells) if cells is self._header else self._dialect.width
        if len(quoted) > 1:
            self._check_lines(cells, width, self._last_line - len(quoted) + 1)
        if len(cells) != width:
            return [_fault("row_shape", found=len(cells), expected=width)]
        stray = next(stray_quotes("".join(quoted), self._dialect.delimiter), None)
        if stray is not None:
            return [_fault("stray_quote", column=self._name(stray), value=_shown(cells[stray]))]
        if self._encoding.mixed and self._is_foreign(cells):
            return [_fault("row_encoding", encoding=self._encoding.name)]
        if self._encoding.odd:
            for place, cell in enumerate(cells):
                if found := CONTROLS.search(cell):
                    shown = {"value": _shown(cell), "character": f"U+{ord(found[0]):04X}"}
                    return [_fault("control_character", column=self._name(place), **shown)]
        return []

    def _check_lines(self, cells: list[str], width: int, first_line: int) -> None:
        """Refuse the file if a record of several lines may be several rows."""
        if len(cells) != width:
            raise FileRefused("csv_lines_ragged", line=first_line, found=len(cells), expected=width)
        line, spaced = first_line, all(name[:1].isspace() for name in self._header[1:])
        for cell in cells:
            if swallows_rows(cell, width, self._dialect.delimiter, spaced=spaced):
                raise FileRefused("csv_rows_in_cell", line=line)
            line += len(LINE_END.findall(cell))

    def _is_foreign(self, cells: list[str]) -> bool:
        """Tell whether a row of a file of two encodings is in the lesser one."""
        text = "".join(cells)
        if self._encoding.codec != "cp1252":
            return UNDECODED.search(text) is not None
        try:
            return not text.isascii() and bool(text.encode("cp1252").decode("utf-8"))
        except UnicodeDecodeError:
            return False

    def _name(self, place: int) -> str:
        return _shown(self._header[place].strip()) or str(place + 1)

    def _remember_quoted(self) -> Iterator[str]:
        """Yield the lines, and remember those of a record with quotes; in an odd file also other lines that
        want a closer look."""
        quoted, odd = self._quoted, self._encoding.odd
        for line in self._lines:
            if quoted or '"' in line or (odd and ODD.search(line)):
                quoted.append(line)
            yield line


class _Lines:
    """The lines of a text, to be taken one by one or many at once. ``taken``: how many were."""

    def __init__(self, text: TextIO) -> None:
        self.taken = 0
        self._text = text
        self._at_hand: list[str] = []
        self._next = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.all_taken:
            self._fill()
        if self.all_taken:
            raise StopIteration
        self._next += 1
        self.taken += 1
        return self._at_hand[self._next - 1]

    def at_hand(self) -> list[str]:
        """Return some lines that come next, none at the end, without taking them."""
        if self.all_taken:
            self._fill()
        return self._at_hand[self._next :]

    def take_all(self) -> None:
        """Take what is at hand."""
        self.taken += len(self._at_hand) - self._next
        self._next = len(self._at_hand)

    @property
    def all_taken(self) -> bool:
        """Whether nothing is at hand any more."""
        return self._next == len(self._at_hand)

    def _fill(self) -> None:
        self._at_hand, self._next = self._text.readlines(_GROUP_CHARACTERS), 0


def _doubted(row: Row, fragment: Row) -> Row:
    """Return a row rejected for what stands beside it."""
    return row if row.faults else row._replace(faults=[_fault("row_beside_fragment", fragment=fragment.fila)])


def _refusal(quoted: list[str], last_line: int, delimiter: str) -> FileRefused:
    """Return why a record breaks, with the line where it began to go wrong."""
    record = "".join(quoted)
    broken = broken_quote(record, delimiter)
    if broken is None:
        return FileRefused("csv_cell_too_long", line=last_line, limit=CELL_LIMIT)
    place, is_closed = broken
    line = last_line - len(quoted) + 1 + len(LINE_END.findall(record, 0, place))
    return FileRefused("csv_malformed" if is_closed else "csv_quote_open", line=line)


def _has_text(cells: Sequence[str]) -> bool:
    return any(cell and not cell.isspace() and cell != _DOS_END for cell in cells)


def _shown(text: str) -> str:
    harmless = _UNPRINTABLE.sub("\ufffd", text)
    return harmless if len(harmless) <= _SHOWN_CHARACTERS else harmless[: _SHOWN_CHARACTERS - 1] + "…"


def _fault(code: str, **params: Any) -> Fault:
    return {"code": code, "params": params}
