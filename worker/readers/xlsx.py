"""Reading XLSX: the first visible sheet, every cell as the text a person would have typed."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import BinaryIO

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from worker.readers.table import FileRefused, Row

Cell = int | float | str | bool | time | date | datetime | timedelta


class XlsxReader:
    """A workbook, held in memory by the parser (which is why it is opened in a process of its own)."""

    def __init__(self, file: BinaryIO) -> None:
        file.seek(0)
        try:
            workbook = CalamineWorkbook.from_filelike(file)
            names = [
                sheet.name
                for sheet in workbook.sheets_metadata
                if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
            ]
            self._sheet = workbook.get_sheet_by_name(names[0])
        except (CalamineError, IndexError, OSError, ValueError) as error:
            raise FileRefused("file_unreadable", format="XLSX") from error

    def rows(self) -> Iterator[Row]:
        """Yield every row of the sheet from its first, blank ones included."""
        for fila, cells in enumerate(self._sheet.iter_rows(), start=1):
            yield Row(fila, [_to_text(cell) for cell in cells])


def _to_text(cell: Cell) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return _number_to_text(cell)
    if isinstance(cell, int | timedelta):
        return str(cell)
    return cell.isoformat()


def _number_to_text(number: float) -> str:
    """Return the number with the 15 significant digits that a spreadsheet shows, without an exponent."""
    if number.is_integer() and abs(number) < 1e15:
        return str(int(number))
    return format(Decimal(format(number, ".15g")), "f")
