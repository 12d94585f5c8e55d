"""The rejected rows of the original file: their cells as the reader gives them, which is what counts, and as
the sheet has them, which is how they look."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO, NamedTuple

from worker.error_file.order import OpenRow
from worker.error_file.raw_cells import RawCell, RawSheet, width_of
from worker.readers.csv import CsvReader
from worker.readers.table import FileRefused, PlainRows, Row, TableReader, rows_of
from worker.readers.xlsx import XlsxReader


class FoundRow(NamedTuple):
    """A row of the original. ``looks``: by their index, those of its cells of which the sheet says more."""

    row: OpenRow
    cells: Sequence[str]
    looks: dict[int, RawCell]


class Source:
    """The original, opened. ``filas``: the numbers of the rows that are wanted; ``workbook`` is None for a
    CSV.

    Raises:
        FileRefused: it cannot be read.
    """

    def __init__(self, file: BinaryIO, format: str, filas: "array[int]") -> None:
        self.workbook: XlsxReader | None = None
        reader: TableReader
        if format == "xlsx":
            reader = self.workbook = XlsxReader(file)
        else:
            reader = CsvReader(file)
        self._reader = reader
        header = next((row for row in rows_of(reader.pieces()) if not row.is_blank), None)
        if header is None:
            raise FileRefused("no_header")
        self._sheet = _raw_sheet(self.workbook, array("Q", [header.fila, *filas])) if self.workbook else None
        self.header = self._found(OpenRow(header.fila, None, []), header.cells)

    @property
    def delimiter(self) -> str | None:
        """What divides a CSV; None for any other file."""
        delimiter: str | None = self._reader.facts.get("delimiter")
        return delimiter

    def width_of(self, index: int) -> float | None:
        """Return how wide the column of the cells with this index is, if the sheet says so."""
        if self._sheet is None or self.workbook is None:
            return None
        return width_of(self._sheet.columns, self.workbook.first_column + index)

    def rows(self, wanted: Iterator[OpenRow]) -> Iterator[FoundRow]:
        """Yield the rows that are wanted, in file order."""
        for row, cells in _select(self._reader.pieces(), wanted):
            yield self._found(row, cells)

    def _found(self, row: OpenRow, cells: Sequence[str]) -> FoundRow:
        if self._sheet is None or self.workbook is None:
            return FoundRow(row, cells, {})
        first = self.workbook.first_column
        looks = {column - first: cell for column, cell in self._sheet.row(row.fila).items()}
        return FoundRow(row, cells, looks)


def _raw_sheet(workbook: XlsxReader, filas: "array[int]") -> RawSheet:
    return RawSheet(workbook.package.pieces(workbook.book.part), filas)


def _select(
    pieces: Iterable[Row | PlainRows], wanted: Iterator[OpenRow]
) -> Iterator[tuple[OpenRow, Sequence[str]]]:
    row = next(wanted, None)
    for piece in pieces:
        first, cells = _numbered(piece)
        while row is not None and row.fila < first + len(cells):
            # one that is not there belongs to another file than this
            if row.fila >= first:
                yield row, cells[row.fila - first]
            row = next(wanted, None)
        if row is None:
            return


def _numbered(piece: Row | PlainRows) -> tuple[int, Sequence[Sequence[str]]]:
    return (piece.first, piece.cells) if isinstance(piece, PlainRows) else (piece.fila, [piece.cells])
