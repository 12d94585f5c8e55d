"""Reading CSV: the encoding and the delimiter are found, the quoting is held to the rules."""

import csv
import io
from collections.abc import Iterator
from typing import Any, BinaryIO

from worker.readers.dialect import CELL_LIMIT, find_dialect
from worker.readers.encoding import CHUNK_BYTES, find_encoding
from worker.readers.records import Records
from worker.readers.table import FileRefused, Notice, PlainRows, Row, rows_of

_TERMINATORS = {"\r\n": "CRLF", "\n": "LF", "\r": "CR"}


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
        _check_header(next(self.rows(), None), self._dialect.sep_lines + self._dialect.blank_lines + 1)
        self.facts |= {
            "encoding": self._encoding.name,
            "byte_order_mark": self._encoding.bom,
            "delimiter": self._dialect.delimiter if self._dialect.header_width > 1 else None,
        }

    def rows(self) -> Iterator[Row]:
        """Yield the records one by one; see :meth:`pieces`."""
        return rows_of(self.pieces())

    def pieces(self) -> Iterator[Row | PlainRows]:
        """Yield the records, those that hold nothing left out; a line ``sep=;`` is none, and not counted.

        Raises:
            FileRefused: the quoting is broken, so that what follows could be anything.
        """
        with self._text() as text:
            yield from Records(text, self._dialect, self._encoding)
            self.facts["line_terminator"] = _name_terminators(text.newlines)

    def _text(self) -> io.TextIOWrapper:
        self._file.seek(0)
        # a reader of its own over the same descriptor, so that closing the wrapper leaves the file open
        raw = open(self._file.fileno(), "rb", buffering=CHUNK_BYTES, closefd=False)  # noqa: SIM115 - the wrapper closes it
        return io.TextIOWrapper(raw, self._encoding.codec, self._encoding.errors, newline="")


def _check_header(header: Row | None, line: int) -> None:
    for fault in header.faults if header else ():
        code = "header_split" if fault["code"] == "row_beside_fragment" else "header_damaged"
        raise FileRefused(code, line=line)


def _name_terminators(newlines: str | tuple[str, ...] | None) -> str | None:
    """Return how lines end, in words; ``mixed`` where not all end alike."""
    return "mixed" if isinstance(newlines, tuple) else _TERMINATORS.get(newlines or "")
