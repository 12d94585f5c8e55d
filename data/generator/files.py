"""Tables as .csv and .xlsx files, the same bytes on every machine and in every year."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path

from openpyxl import Workbook

#: A cell as a person types it into a spreadsheet; a number or a truth value is stored as such in .xlsx.
Cell = str | int | Decimal | bool | None

_EPOCH = (1980, 1, 1, 0, 0, 0)
_STAMPED = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")


def to_text(cell: Cell) -> str:
    """Return what stands in a .csv for a cell, and what a reader makes of it in .xlsx."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return str(cell)


def write_csv(path: Path, rows: Iterable[Sequence[Cell]], *, for_excel: bool = True) -> None:
    """Write UTF-8 with CRLF; ``for_excel`` adds the byte order mark without which Excel reads no accents.

    A row without cells is an empty line.
    """
    text = io.StringIO(newline="")
    csv.writer(text).writerows([to_text(cell) for cell in row] for row in rows)
    path.write_bytes(text.getvalue().encode("utf-8-sig" if for_excel else "utf-8"))


def write_xlsx(path: Path, rows: Iterable[Sequence[Cell]], *, sheet: str = "Productos") -> None:
    """Write a workbook of one sheet."""
    workbook = Workbook(write_only=True)
    page = workbook.create_sheet(sheet)
    for row in rows:
        page.append(list(row))
    saved = io.BytesIO()
    workbook.save(saved)
    path.write_bytes(undated(saved.getvalue()))


def undated(workbook: bytes) -> bytes:
    """Return the workbook without times of day, and uncompressed: zlibs differ in their output."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["docProps/core.xml"] = _STAMPED.sub(rb"\g<1>2025-01-01T00:00:00Z", parts["docProps/core.xml"])
    return zip_bytes(parts)


def zip_bytes(parts: dict[str, bytes]) -> bytes:
    """Return a zip of these parts, dated 1980."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content)
    return packed.getvalue()
