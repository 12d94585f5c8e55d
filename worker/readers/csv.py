"""Reading CSV: the encoding and the delimiter are found, the quoting is held to the rules.

The parser is Python's, in its strict mode. Here is what it would take without a word: quotes in the middle of
a cell, a stray quote that swallows rows and happens to close, rows broken over two lines.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, BinaryIO

from worker.readers.dialect import CELL_LIMIT, find_dialect
from worker.readers.encoding import CHUNK_BYTES, CONTROLS, ODD, UNDECODED, find_encoding
from worker.readers.quoting import LINE_END, broken_quote, stray_quotes, swallows_rows
from worker.readers.table import Fault, FileRefused, Notice, Row

_TERMINATORS = {"\r\n": "CRLF", "\n": "LF", "\r": "CR"}
#: The end of a text file under DOS.
_DOS_END = "\x1a"
_SHOWN_CHARACTERS = 40
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

#: A row without faults, made without the detour by way of keyword arguments.
_plain_row: Callable[[tuple[int, list[str], tuple[()]]], Row] = partial(tuple.__new__, Row)


class CsvReader:
    """A CSV file: UTF-8, UTF-16 with a byte order mark, else Windows-1252; delimited by comma, semicolon,
    tab or bar.

    Raises ``FileRefused`` where the file is no such CSV, or its header is damaged.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.facts: dict[str, Any] = {}
        self.notices: list[Notice] = []
        self._file = file
        csv.field_size_limit(CELL_LIMIT)
        self._encoding = find_encoding(file)
        if self._encoding.codec == "cp1252":
            self.notices.append({"code": "encoding_windows_1252", "params": {}})
        with self._text() as text:
            self._dialect = find_dialect(text)
        self._header: Sequence[str] = ()
        #: Rows of this width, without quotes, need no closer look.
        self._plain_width = -1 if self._encoding.mixed else self._dialect.width
        _check_header(next(self.rows(), None), self._dialect.sep_lines + self._dialect.blank_lines + 1)
        self.facts |= {
            "encoding": self._encoding.name,
            "byte_order_mark": self._encoding.bom,
            "delimiter": self._dialect.delimiter if self._dialect.header_width > 1 else None,
        }

    def rows(self) -> Iterator[Row]:
        """Yield the records, those that hold nothing left out; a line ``sep=;`` is none, and not counted.

        Raises:
            FileRefused: the quoting is broken, so that what follows could be anything.
        """
        skipped = self._dialect.sep_lines + self._dialect.blank_lines
        with self._text() as text:
            for _ in range(skipped):
                text.readline()
            quoted: list[str] = []
            reader = csv.reader(
                _remember_quoted(text, quoted, odd=self._encoding.odd),
                delimiter=self._dialect.delimiter,
                strict=True,
            )
            try:
                yield from self._watch(reader, quoted, skipped)
            except csv.Error as error:
                raise _refusal(quoted, skipped + reader.line_num, self._dialect.delimiter) from error
            self.facts["line_terminator"] = _name_terminators(text.newlines)

    def _watch(self, reader: Any, quoted: list[str], skipped: int) -> Iterator[Row]:
        """Yield what the parser gives, and look closer where there is reason to.

        Each row waits for the next: a row of a single cell makes those beside it doubtful.
        """
        width, quickly = self._plain_width, not (self._encoding.odd or self._encoding.mixed)
        held: Row | None = None
        held_has_quotes = False
        short: Row | None = None
        for fila, cells in enumerate(reader, start=self._dialect.blank_lines + 1):
            has_quotes = bool(quoted)
            if has_quotes and len(quoted) == 1 and quickly and '"' not in "".join(cells):
                quoted.clear()
            if not quoted and len(cells) == width and held and not short:
                yield held
                held, held_has_quotes = _plain_row((fila, cells, ())), has_quotes
                continue
            if _has_text(cells):
                if held is None:
                    # all rows may be without the delimiters that the header ends with
                    self._header = cells = cells[: max(self._dialect.width, 1)]
                row = self._look_closer(fila, cells, quoted, skipped + reader.line_num)
                if held:
                    yield _doubted(held, row) if self._is_rest(row, held_has_quotes) else held
                held = _doubted(row, short) if short and self._is_begun(row, short) else row
                held_has_quotes = has_quotes
                short = row if len(row.cells) < self._dialect.width else None
            quoted.clear()
        if held:
            yield held

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

    def _look_closer(self, fila: int, cells: list[str], quoted: list[str], last_line: int) -> Row:
        faults = tuple(self._faults(cells, quoted, last_line))
        return Row(fila, [UNDECODED.sub("\ufffd", cell) for cell in cells], faults)

    def _faults(self, cells: list[str], quoted: list[str], last_line: int) -> list[Fault]:
        """Return what is wrong with a record, as far as it is certain where it ends."""
        width = len(cells) if cells is self._header else self._dialect.width
        if len(quoted) > 1:
            self._check_lines(cells, width, last_line - len(quoted) + 1)
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

    def _text(self) -> io.TextIOWrapper:
        self._file.seek(0)
        # a reader of its own over the same descriptor, so that closing the wrapper leaves the file open
        raw = open(self._file.fileno(), "rb", buffering=CHUNK_BYTES, closefd=False)  # noqa: SIM115 - the wrapper closes it
        return io.TextIOWrapper(raw, self._encoding.codec, self._encoding.errors, newline="")


def _remember_quoted(lines: Iterable[str], quoted: list[str], *, odd: bool) -> Iterator[str]:
    """Yield the lines, and put those of a record with quotes into ``quoted``; in an ``odd`` file also other
    lines that want a closer look."""
    for line in lines:
        if quoted or '"' in line or (odd and ODD.search(line)):
            quoted.append(line)
        yield line


def _doubted(row: Row, fragment: Row) -> Row:
    """Return a row rejected for what stands beside it."""
    return row if row.faults else row._replace(faults=[_fault("row_beside_fragment", fragment=fragment.fila)])


def _check_header(header: Row | None, line: int) -> None:
    for fault in header.faults if header else ():
        code = "header_split" if fault["code"] == "row_beside_fragment" else "header_damaged"
        raise FileRefused(code, line=line)


def _refusal(quoted: list[str], last_line: int, delimiter: str) -> FileRefused:
    """Return why a record breaks, with the line where it began to go wrong."""
    record = "".join(quoted)
    broken = broken_quote(record, delimiter)
    if broken is None:
        return FileRefused("csv_cell_too_long", line=last_line, limit=CELL_LIMIT)
    place, is_closed = broken
    line = last_line - len(quoted) + 1 + len(LINE_END.findall(record, 0, place))
    return FileRefused("csv_malformed" if is_closed else "csv_quote_open", line=line)


def _name_terminators(newlines: str | tuple[str, ...] | None) -> str | None:
    """Return how lines end, in words; ``mixed`` where not all end alike."""
    return "mixed" if isinstance(newlines, tuple) else _TERMINATORS.get(newlines or "")


def _has_text(cells: Sequence[str]) -> bool:
    return any(cell and not cell.isspace() and cell != _DOS_END for cell in cells)


def _shown(text: str) -> str:
    harmless = _UNPRINTABLE.sub("\ufffd", text)
    return harmless if len(harmless) <= _SHOWN_CHARACTERS else harmless[: _SHOWN_CHARACTERS - 1] + "…"


def _fault(code: str, **params: Any) -> Fault:
    return {"code": code, "params": params}
