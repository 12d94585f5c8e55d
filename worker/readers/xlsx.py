"""Reading XLSX: the first visible sheet, every cell as the text a person would have typed.

Two parsers: calamine is fast and shows a cell that holds an error (``#N/A``) as an empty one, which would
let a fault pass for an absent value; so a workbook with such cells is read by openpyxl, which is slow and
shows them.
"""

import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, BinaryIO

from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from worker.readers.table import CellError, FileRefused, Notice, Row

_ERROR_CELL = re.compile(rb"""\st=["']e["']""")
_CHUNK_BYTES = 1024 * 1024
#: What is not the file's fault. Everything else that a parser raises is, and there is no end of what that can
#: be: zlib.error, EOFError, TypeError, a panic in Rust.
_NOT_DAMAGE = (MemoryError, ImportError)


class XlsxReader:
    """A workbook, held in memory by the parser (which is why it is opened in a process of its own)."""

    def __init__(self, file: BinaryIO) -> None:
        self.facts: dict[str, Any] = {}
        self.notices: list[Notice] = []
        try:
            careful = _has_error_cells(file)
            file.seek(0)
            self._cells = _open_carefully(file) if careful else _open_fast(file)
        except _NOT_DAMAGE:
            raise
        except BaseException as error:
            raise FileRefused("file_unreadable", format="XLSX") from error

    def rows(self) -> Iterator[Row]:
        """Yield every row of the sheet from its first, blank ones included, each as wide as the first that
        is not blank: what stands to the right of the headers belongs to no column.

        Raises:
            FileRefused: the sheet is damaged.
        """
        width = 0
        for fila, cells in enumerate(self._undamaged(), start=1):
            width = width or _width(cells)
            yield Row(fila, cells[:width] + [""] * (width - len(cells)))

    def _undamaged(self) -> Iterator[list[str]]:
        rows = iter(self._cells())
        while True:
            try:
                cells = next(rows, None)
            except _NOT_DAMAGE:
                raise
            except BaseException as error:
                raise FileRefused("file_unreadable", format="XLSX") from error
            if cells is None:
                return
            yield cells


def _width(cells: list[str]) -> int:
    """Return the number of cells up to the last that is not blank."""
    return max((place for place, cell in enumerate(cells, start=1) if cell.strip()), default=0)


def _has_error_cells(file: BinaryIO) -> bool:
    file.seek(0)
    with zipfile.ZipFile(file) as archive:
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/")]
        return any(_mentions_error(archive, name) for name in sheets)


def _mentions_error(archive: zipfile.ZipFile, name: str) -> bool:
    with archive.open(name) as sheet:
        tail = b""
        while chunk := sheet.read(_CHUNK_BYTES):
            if _ERROR_CELL.search(tail + chunk):
                return True
            tail = chunk[-8:]
    return False


def _open_fast(file: BinaryIO) -> Callable[[], Iterable[list[str]]]:
    workbook = CalamineWorkbook.from_filelike(file)
    visible = [
        sheet.name
        for sheet in workbook.sheets_metadata
        if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
    ]
    sheet = workbook.get_sheet_by_name(visible[0])
    return lambda: ([_to_text(value) for value in row] for row in sheet.iter_rows())


def _open_carefully(file: BinaryIO) -> Callable[[], Iterable[list[str]]]:
    # imported here: few workbooks need it, and it takes longer to load than most take to read
    import openpyxl
    from openpyxl.utils.escape import unescape

    def to_text(cell: Any) -> str:
        if cell.data_type == "e" and cell.value:
            return CellError(cell.value)
        # it leaves characters that XML cannot hold as they are written in the file, such as _x000D_
        return unescape(cell.value) if isinstance(cell.value, str) else _to_text(cell.value)

    workbook = openpyxl.load_workbook(file, read_only=True, data_only=True)
    sheet = next(sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible")
    # a wrong <dimension> would hide rows or columns
    sheet.reset_dimensions()
    return lambda: ([to_text(cell) for cell in row] for row in sheet.rows)


def _to_text(value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        # by way of text: an int may be too large for a float
        return _number_to_text(float(str(value)))
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


def _number_to_text(number: float) -> str:
    """Return the number with the 15 significant digits that a spreadsheet shows, without an exponent."""
    if number.is_integer() and abs(number) < 1e15:
        return str(int(number))
    return format(Decimal(format(number, ".15g")), "f")
