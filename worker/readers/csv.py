"""Reading CSV: the encoding and the delimiter are found, the quoting is held to the rules."""

import codecs
import csv
import io
from collections.abc import Iterator
from typing import Any, BinaryIO

from worker.readers.table import FileRefused, Notice, Row

_DELIMITERS = ",;\t|"
_BLANKS = _DELIMITERS + ' "\r\n'
_BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_CHUNK_BYTES = 1024 * 1024
#: A cell may not be longer than this; the longest column takes 255 characters.
_CELL_LIMIT = 131_072


class CsvReader:
    """A CSV file: UTF-8, UTF-16 with a byte order mark, else Windows-1252; delimited by comma, semicolon,
    tab or bar."""

    def __init__(self, file: BinaryIO) -> None:
        self.facts: dict[str, Any] = {}
        self.notices: list[Notice] = []
        self._file = file
        self._encoding = _find_encoding(file)
        self._delimiter = _find_delimiter(self._first_line())
        csv.field_size_limit(_CELL_LIMIT)

    def rows(self) -> Iterator[Row]:
        """Yield every record, blank ones included.

        Raises:
            FileRefused: the quoting is broken, so that what follows could be anything.
        """
        reader = csv.reader(self._text(), delimiter=self._delimiter, strict=True)
        try:
            for fila, cells in enumerate(reader, start=1):
                yield Row(fila, cells)
        except csv.Error as error:
            raise FileRefused("csv_malformed", line=reader.line_num) from error

    def _first_line(self) -> str:
        """Return the first line with anything on it: headers hold no line breaks worth speaking of."""
        text = self._text()
        while line := text.readline(_CELL_LIMIT):
            if line.strip(_BLANKS):
                break
        return line

    def _text(self) -> io.TextIOWrapper:
        self._file.seek(0)
        # a reader of its own over the same descriptor, so that closing the wrapper leaves the file open
        raw = open(self._file.fileno(), "rb", buffering=_CHUNK_BYTES, closefd=False)  # noqa: SIM115 - the wrapper closes it
        return io.TextIOWrapper(raw, encoding=self._encoding, newline="")


def _find_encoding(file: BinaryIO) -> str:
    """Return the encoding by byte order mark, or UTF-8 where all of the file is, or Windows-1252 (what
    Excel writes)."""
    file.seek(0)
    head = file.read(3)
    for bom, encoding in _BOMS.items():
        if head.startswith(bom):
            return _checked(file, encoding)
    try:
        return _checked(file, "utf-8")
    except FileRefused:
        return _checked(file, "cp1252")


def _checked(file: BinaryIO, encoding: str) -> str:
    """Return ``encoding`` if the whole file is valid in it."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while chunk := file.read(_CHUNK_BYTES):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeError as error:
        raise FileRefused("file_unreadable", format="CSV") from error
    return encoding


def _find_delimiter(header: str) -> str:
    """Return the delimiter that divides the header into the most cells."""
    cells = {d: len(next(csv.reader([header], delimiter=d), [])) for d in _DELIMITERS}
    return max(_DELIMITERS, key=lambda delimiter: cells[delimiter])
