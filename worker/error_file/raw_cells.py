"""The cells of some rows of a sheet as its XML has them, found by streaming it: how they look, and the
numbers behind what is shown.

What text is in a cell is not asked here: that is told by the readers, and by nobody else.
"""

from array import array
from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from xml.parsers import expat

from worker.readers.sheet import column_number


class RawCell(NamedTuple):
    """``type`` and ``style`` as they stand in the sheet; ``value``: what is stored; ``formula``: its text, if
    it has one of its own."""

    type: str
    style: int
    value: str
    formula: str


class RawColumn(NamedTuple):
    """Columns of a sheet, the first and last number, and how wide they are."""

    first: int
    last: int
    width: float


#: By column, the first is 1.
RawRow = dict[int, RawCell]


class RawSheet:
    """Streams a sheet that a reader has found sound. ``filas``: the rows that will be asked for, in their
    order."""

    def __init__(self, pieces: Iterator[bytes], filas: "array[int]") -> None:
        self.columns: list[RawColumn] = []
        self._pieces = pieces
        self._filas = filas
        self._next = 0
        self._found: deque[tuple[int, RawRow]] = deque()
        self._fila = self._column = 0
        self._row: RawRow = {}
        self._namespace = ""
        self._cell = RawCell("", 0, "", "")
        self._texts: dict[str, str] = {}
        self._inside = ""
        self._parser = expat.ParserCreate(namespace_separator="}")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start

    def row(self, fila: int) -> RawRow:
        """Return the cells of a row; none where the sheet has none of that number."""
        while not self._found or self._found[-1][0] < fila:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._parser.Parse(piece, False)
        while self._found and self._found[0][0] < fila:
            self._found.popleft()
        return self._found[0][1] if self._found and self._found[0][0] == fila else {}

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name.endswith("}row"):
            self._start_row(name, attributes)
        elif name.endswith("}col") and not self._fila:
            self._add_column(attributes)

    def _start_row(self, name: str, attributes: dict[str, str]) -> None:
        self._namespace = name.removesuffix("row")
        self._fila = int(attributes.get("r", self._fila + 1))
        self._column = 0
        while self._next < len(self._filas) and self._filas[self._next] < self._fila:
            self._next += 1
        if self._next < len(self._filas) and self._filas[self._next] == self._fila:
            self._row = {}
            self._parser.StartElementHandler = self._start_in_row
            self._parser.EndElementHandler = self._end_in_row

    def _start_in_row(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.removeprefix(self._namespace)
        if tag == "c":
            place = attributes.get("r")
            self._column = column_number(place.rstrip("0123456789")) if place else self._column + 1
            self._texts = {}
            self._cell = RawCell(attributes.get("t", "n"), _whole(attributes.get("s", "0")), "", "")
        elif tag in ("v", "f"):
            self._inside = tag
            self._parser.CharacterDataHandler = self._text

    def _text(self, text: str) -> None:
        self._texts[self._inside] = self._texts.get(self._inside, "") + text

    def _end_in_row(self, name: str) -> None:
        tag = name.removeprefix(self._namespace)
        if tag in ("v", "f"):
            self._parser.CharacterDataHandler = None
        elif tag == "c":
            texts = self._texts
            self._row[self._column] = self._cell._replace(
                value=texts.get("v", ""), formula=texts.get("f", "")
            )
        elif tag == "row":
            self._found.append((self._fila, self._row))
            self._parser.StartElementHandler = self._start
            self._parser.EndElementHandler = None

    def _add_column(self, attributes: dict[str, str]) -> None:
        try:
            first, last = int(attributes["min"]), int(attributes["max"])
            width = float(attributes["width"])
        except (KeyError, ValueError):
            return
        if 0 < first <= last and 0 < width <= _WIDEST:
            self.columns.append(RawColumn(first, last, width))


#: In characters; Excel takes no more.
_WIDEST = 255.0


def width_of(columns: Sequence[RawColumn], number: int) -> float | None:
    """Return how wide a column is, if the sheet says so."""
    return next((column.width for column in columns if column.first <= number <= column.last), None)


def _whole(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 8 else 0
