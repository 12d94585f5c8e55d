"""All of a workbook but its rows and shared strings: what the fast parser needs to read some of the rows.

It holds a whole sheet in memory, every cell of it with room for any value, and there is no other way to use
it. Given a workbook with some rows only, it reads those exactly as it would have among all others.
"""

import io
from typing import Any, NamedTuple
from zipfile import ZipFile

from python_calamine import CalamineWorkbook

from worker.readers.package import Package
from worker.readers.table import FileRefused
from worker.readers.workbook import Workbook

_PARTS = (
    "[Content_Types].xml",
    "_rels/.rels",
    "xl/workbook.xml",
    "xl/_rels/workbook.xml.rels",
    "xl/styles.xml",
)
_DATA, _DATA_END = b"<sheetData>", b"</sheetData>"
_HEAD, _TAIL = (
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">',
    b"</worksheet>",
)
_SHARED, _SHARED_END = b"<si>", b"</si>"
_INLINE, _INLINE_END = b'<c t="inlineStr"><is>', b"</is></c>"
_MARK = _INLINE + b"<t>.</t>" + _INLINE_END


class Cells(NamedTuple):
    """The smallest rectangle around all cells that are not empty: the numbers of its first row and column,
    and the values as the parser gives them. Both numbers are 0 where all cells are empty."""

    row: int
    column: int
    values: list[list[Any]]


class BookFrame:
    """Reads some of the rows of a workbook at a time."""

    def __init__(self, package: Package, book: Workbook) -> None:
        self._parts = {name: package.read(name) for name in _PARTS if name in package}
        self._sheet = book.part
        self._place = book.place
        self._name = book.sheet

    @property
    def size(self) -> int:
        """How many bytes are read with every part of the rows."""
        return sum(map(len, self._parts.values()))

    def read_rows(self, head: bytes, rows: bytes, tail: bytes) -> Cells:
        """Return the cells of some rows, written one behind the other as they are in the sheet; ``head`` and
        ``tail`` are what stands around all rows there.

        Raises:
            FileRefused: the parser takes another sheet for the one to be read.
            CalamineError: it cannot read the rows.
        """
        file = io.BytesIO()
        with ZipFile(file, "w") as archive:
            for name, content in self._parts.items():
                archive.writestr(name, content)
            with archive.open(self._sheet, "w") as part:
                for piece in (head, _DATA, rows, _DATA_END, tail):
                    part.write(piece)
        file.seek(0)
        workbook = CalamineWorkbook.from_filelike(file)
        if workbook.sheets_metadata[self._place].name != self._name:
            raise FileRefused("file_unreadable", format="XLSX")
        sheet = workbook.get_sheet_by_index(self._place)
        row, column = sheet.start or (-1, -1)
        return Cells(row + 1, column + 1, sheet.to_python() if sheet.start else [])

    def read_strings(self, strings: bytes) -> list[str]:
        """Return the text of each shared string, all of them written as ``<si>…</si>``; fewer of them where
        that is no XML.

        They are read as texts of cells, which are written in the same way but for their tags: all as one row,
        however long that is, for the parser takes half as long again with as many rows. Marks around them
        show that none is missing.
        """
        row = strings.replace(_SHARED, _INLINE).replace(_SHARED_END, _INLINE_END)
        cells = self.read_rows(_HEAD, b"".join((b"<row>", _MARK, row, _MARK, b"</row>")), _TAIL)
        return cells.values[0][1:-1] if cells.values else []
