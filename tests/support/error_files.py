"""Files of rejected rows, as a person gets them to mend: four columns before those of the person's own."""

import io
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from openpyxl import Workbook

from common.catalog import COLUMN_NAMES
from tests.support.catalogue_files import csv_file

REPORT = ("motivo", "columna", "fila", "tarea")
HEADER = (*REPORT, *COLUMN_NAMES)


def reported(task_id: UUID | str, rows: Mapping[int, Mapping[str, str]]) -> list[dict[str, str]]:
    """The rows, by their number in the file of that task, with what the report says of each."""
    return [
        {"motivo": "No sirve", "columna": "precio_unitario", "fila": str(fila), "tarea": str(task_id), **row}
        for fila, row in rows.items()
    ]


def error_csv(rows: Iterable[Mapping[str, str]], header: Sequence[str] = HEADER) -> bytes:
    """A report as CSV."""
    return b"\xef\xbb\xbf" + csv_file(rows, header, delimiter=";")


def error_workbook(rows: Iterable[Mapping[str, str]], header: Sequence[str] = HEADER) -> bytes:
    """A report as a workbook; the numbers of the rows are numbers."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(header))
    for row in rows:
        cells: list[str | int | None] = [row.get(name) or None for name in header]
        if row.get("fila", "").isdigit():
            cells[header.index("fila")] = int(row["fila"])
        sheet.append(cells)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
