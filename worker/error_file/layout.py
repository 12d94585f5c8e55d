"""What stands in each row of an error file, whatever its format."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from worker.error_file.order import ErrorFileOrder, OpenRow
from worker.error_file.raw_cells import RawCell
from worker.error_file.reasons import Teller
from worker.error_file.source import Source
from worker.readers.origins import REPORT_COLUMNS
from worker.readers.unmended import OF_WRITING, mark

#: Cells of a row behind its last header that still get a column.
_MOST_SURPLUS = 50
_SURPLUS = {"es": "sobrante", "en": "surplus"}
_MOST_COLUMNS = 16_384
_SURROGATES = range(0xD800, 0xE000)


class OutRow(NamedTuple):
    """A row of the error file. ``reason`` to ``tarea`` go before the person's ``cells``; by the index among
    those: ``looks``, and what is wrong with the ``bad`` ones."""

    reason: str
    columns: str
    fila: int | None
    cells: list[str]
    looks: dict[int, RawCell]
    bad: dict[int, str]
    #: the number of the row in the original
    original: int


class Layout:
    """Puts rows in the form of the error file. ``surplus``: by how many cells the widest row is too wide."""

    def __init__(self, source: Source, order: ErrorFileOrder, surplus: int) -> None:
        self._source = source
        self._teller = Teller(source.header.cells, order.columns, order.language)
        self._to_text = order.format == "csv"
        header, width = source.header, len(source.header.cells)
        # an error file of an error file has these columns once
        ours = {column["place"] - 1 for column in order.columns if column.get("how") == "report"}
        surplus = min(surplus, _MOST_SURPLUS)
        own = [index for index in range(width + surplus) if index not in ours]
        #: The index of each of the person's columns in the original.
        self.own = own[: _MOST_COLUMNS - len(REPORT_COLUMNS)]
        self._places = {index: place for place, index in enumerate(self.own)}
        named = [f"{_SURPLUS[order.language]} {number}" for number in range(1, surplus + 1)]
        cells, looks = self._own_cells([*header.cells, *named], header.looks)
        motivo, columna, _, _ = REPORT_COLUMNS
        self.header = OutRow(motivo, columna, None, cells, looks, {}, header.row.fila)

    @property
    def width(self) -> int:
        """How many columns there are in all."""
        return len(REPORT_COLUMNS) + len(self.own)

    def rows(self, wanted: Iterator[OpenRow]) -> Iterator[OutRow]:
        """Yield the rows that are wanted, in file order."""
        for row, all_cells, all_looks in self._source.rows(wanted):
            told = self._teller.tell(row.faults)
            cells, looks = self._own_cells(all_cells, all_looks)
            bad = {self._places[index]: text for index, text in told.cells.items() if index in self._places}
            reason = told.text + self._mark(row, cells)
            yield OutRow(reason, told.columns, row.origin, cells, looks, bad, row.fila)

    def _own_cells(
        self, cells: Sequence[str], looks: dict[int, RawCell]
    ) -> tuple[list[str], dict[int, RawCell]]:
        own = [cells[index] if index < len(cells) else "" for index in self.own]
        return own, {self._places[index]: look for index, look in looks.items() if index in self._places}

    def _mark(self, row: OpenRow, cells: list[str]) -> str:
        """Return what tells, of a row that looks sound in this file, that it is not."""
        of_writing = any(fault["code"] in OF_WRITING for fault in row.faults)
        unwritable = self._to_text and any(not cell.isascii() and _has_half(cell) for cell in cells)
        return mark(row.faults, cells) if of_writing or unwritable else ""


def _has_half(text: str) -> bool:
    """Return whether half of a surrogate pair is in the text, which no encoding takes."""
    return any(ord(character) in _SURROGATES for character in text)
