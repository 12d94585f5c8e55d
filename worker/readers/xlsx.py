"""Reading XLSX: the first visible sheet, every cell as the text that a person sees in it.

Two parsers. Calamine is fast, and shows a cell that holds an error (``#N/A``) or a formula without a result
as an empty one, which would let a fault pass for an absent value; it reads nothing but UTF-8, and builds a
rectangle of cells however few there are. So it gets the sheets that have been found to be plain, a part at a
time; all others are read by openpyxl, which is slow and sees everything.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, BinaryIO, TypeVar

from worker.readers.aside import Submit, at_once
from worker.readers.book_frame import BookFrame
from worker.readers.cell_text import to_text
from worker.readers.column_pieces import pieces_of
from worker.readers.impostors import refuse_impostor, refuse_other_zip
from worker.readers.number_formats import show
from worker.readers.package import Package
from worker.readers.plain_table import PlainTable
from worker.readers.shared_strings import check_amplification, string_lengths
from worker.readers.shared_texts import NotPlainStrings, SharedTexts, read_shared_texts
from worker.readers.sheet import Sheet
from worker.readers.sheet_exact import scan_exactly
from worker.readers.sheet_plain import scan_plain
from worker.readers.table import (
    CellError,
    FileRefused,
    FormulaWithoutValue,
    Notice,
    PlainRows,
    Row,
    rows_of,
)
from worker.readers.workbook import Workbook, read_workbook

_T = TypeVar("_T")

#: What is not the file's fault. Everything else that a parser raises is, and there is no end of what that can
#: be: zlib.error, EOFError, TypeError, a panic in Rust.
_NOT_DAMAGE = (MemoryError, ImportError, FileRefused)

#: Cells that all rows come to when each is as wide as the header; that of a full sheet of a dozen columns.
_MAX_AREA = 16_000_000

#: What starts with the first row of the sheet, and what makes text of one of its cells.
_OpenSheet = tuple[Callable[[], Iterable[Sequence[Any]]], Callable[[Any], str]]


class XlsxReader:
    """A workbook, which is opened in a process of its own: it may be made to break a parser.

    ``submit``: does some of the work beside the rest. ``package`` and ``book`` are what was found in the
    file, for whoever wants to know more of it than its texts.

    Raises:
        FileRefused: it is no workbook, a damaged one, or one that no honest program would write.
    """

    def __init__(self, file: BinaryIO, submit: Submit = at_once) -> None:
        _blame_file(lambda: self._open(file, submit))

    def _open(self, file: BinaryIO, submit: Submit) -> None:
        refuse_impostor(file)
        package = Package(file)
        refuse_other_zip(package)
        package.check_small_parts()
        try:
            self._look(file, package, submit)
        except FileRefused:
            # what is damaged is told as such, whatever came of it
            package.check_large_parts()
            raise
        package.check_large_parts()

    def _look(self, file: BinaryIO, package: Package, submit: Submit) -> None:
        self.package = package
        self.book = book = read_workbook(package)
        sheet, self._table = _look_at_sheet(package, book, submit)
        if book.is_strict and self._table is None:
            raise FileRefused("xlsx_strict")
        self.facts: dict[str, Any] = {
            "sheet": book.sheet,
            "reader": "calamine" if self._table else "openpyxl",
        }
        self.notices: list[Notice] = [*book.notices, *sheet.notices()]
        self._unvalued = sheet.unvalued
        self._filled_rows = sheet.filled_rows
        if self._table is None:
            file.seek(0)
            self._open_rows, self._to_text = _open_carefully(file, book)

    @property
    def first_column(self) -> int:
        """The number of the sheet's column that the first cell of every row is of."""
        return self._table.first_column if self._table else 1

    def pieces(self) -> Iterator[Row | PlainRows]:
        """Yield every row of the sheet from its first. Those that are blank have no cells, all others are as
        wide as the first of them: what stands to the right of the headers belongs to no column.

        Raises:
            FileRefused: the sheet is damaged, or far too wide for its length.
        """
        if self._table is None:
            return self._careful_rows()
        return pieces_of(self._table.columns(), self._header_width)

    def rows(self) -> Iterator[Row]:
        """Yield them one by one."""
        return rows_of(self.pieces())

    def _careful_rows(self) -> Iterator[Row]:
        width = 0
        for fila, cells in enumerate(self._undamaged(), start=1):
            width = width or self._header_width([self._to_text(cell) for cell in cells])
            if not cells:
                yield Row(fila, ())
                continue
            row = [cell if cell.__class__ is str else self._to_text(cell) for cell in cells[:width]]
            if self._unvalued:
                self._put_unvalued(fila, row)
            yield Row(fila, row + [""] * (width - len(row)) if any(row) else ())

    def _header_width(self, cells: Sequence[str]) -> int:
        width = _width(cells)
        if width * self._filled_rows > _MAX_AREA:
            raise FileRefused("xlsx_too_wide", columns=width)
        return width

    def _put_unvalued(self, fila: int, row: list[str]) -> None:
        for place in range(len(row)):
            if (fila, place + 1) in self._unvalued:
                row[place] = FormulaWithoutValue()

    def _undamaged(self) -> Iterator[Sequence[Any]]:
        rows = iter(_blame_file(self._open_rows))
        while (cells := _blame_file(lambda: next(rows, None))) is not None:
            yield cells


def _blame_file(work: Callable[[], _T]) -> _T:
    """Return what ``work`` gives; whatever a parser raises is a file that cannot be read."""
    try:
        return work()
    except _NOT_DAMAGE:
        raise
    except BaseException as error:
        raise FileRefused("file_unreadable", format="XLSX") from error


def _look_at_sheet(package: Package, book: Workbook, submit: Submit) -> tuple[Sheet, PlainTable | None]:
    """Return what the sheet holds, and its rows if it is one for the fast parser."""
    if book.part not in package:
        raise FileRefused("file_unreadable", format="XLSX")
    table = _plain_table(package, book, submit) if package.is_utf8 and book.is_usual else None
    sheet = _scan(package, book, table)
    if table is not None and sheet.is_plain and not sheet.is_sparse:
        table.finish()
        return sheet, table
    if book.strings is not None and book.strings in package:
        lengths = string_lengths(package.pieces(book.strings))
        check_amplification(lengths, sheet.cells, package.pieces(book.part))
    return sheet, None


def _plain_table(package: Package, book: Workbook, submit: Submit) -> PlainTable | None:
    """Return an empty table, or None where there are shared strings that are not for the fast parser."""
    frame = BookFrame(package, book)
    texts = SharedTexts()
    if book.strings is not None and book.strings in package:
        try:
            texts = read_shared_texts(package.pieces(book.strings), frame, submit)
        except NotPlainStrings:
            return None
    return PlainTable(frame, texts, submit)


def _scan(package: Package, book: Workbook, table: PlainTable | None) -> Sheet:
    pieces = package.pieces(book.part)
    if table is None:
        sheet = scan_plain(pieces, book.speaking_styles)
    else:
        sheet = scan_plain(pieces, book.speaking_styles, table.take, table.part_bytes)
    return sheet or scan_exactly(package.pieces(book.part))


def _width(cells: Sequence[str]) -> int:
    """Return the number of cells up to the last that is not blank."""
    return max((place for place, cell in enumerate(cells, start=1) if cell.strip()), default=0)


def _open_carefully(file: BinaryIO, book: Workbook) -> _OpenSheet:
    # imported here: few workbooks need it, and it takes longer to load than most take to read
    import openpyxl
    from openpyxl.utils.escape import unescape

    def text(cell: Any) -> str:
        if cell.value is None:
            return ""
        if cell.data_type == "e":
            return CellError(cell.value)
        # it leaves characters that XML cannot hold as they are written in the file, such as _x000D_
        if isinstance(cell.value, str):
            return unescape(cell.value)
        if book.speaking_styles and cell.data_type == "n":
            return show(cell.value, cell.number_format) or to_text(cell.value)
        return to_text(cell.value)

    workbook = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
    sheet = workbook.worksheets[book.rank]
    if sheet.title != book.sheet:
        raise FileRefused("file_unreadable", format="XLSX")
    # a wrong <dimension> would hide rows or columns
    sheet.reset_dimensions()
    # it looks up a cell's style when asked for it, and a style may lead nowhere
    return sheet.iter_rows, lambda cell: _blame_file(lambda: text(cell))
