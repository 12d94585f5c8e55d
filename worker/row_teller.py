"""The rows of a file that is looked at (``worker.looking``), as documents for whoever asked."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from common.bodies import row_error_body
from common.tasks import RowError
from common.texts import Language
from worker.readers.frames import CheckedRow, RejectedRow
from worker.readers.sandbox import Batch

Json = dict[str, Any]

#: C1 controls, which a terminal may obey, and what some take for the end of a line.
_UNSAFE = re.compile(rb"\xc2[\x80-\x9f]|\xe2\x80[\xa8\xa9]")
_encoder = msgspec.json.Encoder()


def as_lines(rows: Iterable[Json]) -> bytes:
    """Return each document as one line, whatever a reader takes for the end of a line."""
    lines = b"".join(_encoder.encode(row) + b"\n" for row in rows)
    return _UNSAFE.sub(lambda match: b"\\u%04x" % ord(match[0].decode()), lines)


class RowTeller:
    """Rows as documents: ``values`` by header as it stands in the file."""

    def __init__(self, columns: list[Json], language: Language) -> None:
        self._header = [column["header"] for column in columns]
        self._names = _names(self._header)
        self._language = language

    def tell(self, row: CheckedRow | RejectedRow) -> Json:
        """Return the row, and why where it would be rejected; where the reader itself is sure that it is
        damaged, ``values`` is null."""
        if isinstance(row, RejectedRow):
            return {"fila": row.fila, "values": None, **self._errors(row)}
        cells = row.keys
        names = self._names if len(cells) <= len(self._names) else _names(self._header, len(cells))
        told = {"fila": row.fila, "values": dict(zip(names, cells, strict=False))}
        return told | self._errors(row) if row.line else told

    def _errors(self, row: CheckedRow | RejectedRow) -> Json:
        error = row_error_body(RowError(row.fila, faults_of(row)), self._language)
        return {name: value for name, value in error.items() if name != "fila"}


def faults_of(row: CheckedRow | RejectedRow) -> list[Json]:
    """Return what is wrong with a row."""
    if isinstance(row, RejectedRow):
        return row.faults
    faults: list[Json] = msgspec.json.decode(row.line) if row.line else []
    return faults


def _names(header: Sequence[str], width: int = 0) -> list[str]:
    """Return a name for each cell of a row: its header, and its place where that alone names none or two."""
    names: dict[str, None] = {}
    for place in range(max(width, len(header))):
        name = header[place] if place < len(header) else ""
        while name in names:
            name = f"{name} ({place + 1})".strip()
        names[name] = None
    return list(names)


def in_order(batch: Batch) -> Sequence[CheckedRow | RejectedRow]:
    """Return the rows of a batch in file order."""
    rows: list[CheckedRow | RejectedRow] = [*batch.checked, *batch.rejected]
    return sorted(rows, key=lambda row: row.fila) if batch.rejected else rows
