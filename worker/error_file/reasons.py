"""Why a row was rejected, in words, and which of its cells it was."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from common.fault_groups import columns_of
from common.texts import Language, render_row_error


class Reasons(NamedTuple):
    """``columns``: the bad columns, by the headers that they have in the file; ``cells``: by the index of a
    bad cell, what is wrong with it."""

    text: str
    columns: str
    cells: dict[int, str]


class Teller:
    """Tells the reasons of the rows under one header. ``columns``: how each was understood."""

    def __init__(self, header: Sequence[str], columns: Sequence[dict[str, Any]], language: Language) -> None:
        self._header = [" ".join(cell.split()) for cell in header]
        self._language = language
        # what a reader finds is told by the file's own header
        self._indexes = {cell: index for index, cell in reversed(list(enumerate(self._header))) if cell}
        self._indexes |= {
            column["column"]: column["place"] - 1 for column in columns if column.get("column") is not None
        }

    def tell(self, faults: list[dict[str, Any]]) -> Reasons:
        """Return why the row was rejected."""
        by_column: dict[str, list[dict[str, Any]]] = {}
        for fault in faults:
            for column in columns_of(fault):
                by_column.setdefault(column, []).append(fault)
        cells = {
            self._indexes[column]: render_row_error(of_column, self._language)
            for column, of_column in by_column.items()
            if self._indexes.get(column, len(self._header)) < len(self._header)
        }
        return Reasons(render_row_error(faults, self._language), ", ".join(self._names(by_column)), cells)

    def _names(self, columns: Iterator[str] | dict[str, Any]) -> Iterator[str]:
        for column in columns:
            index = self._indexes.get(column)
            yield (self._header[index] if index is not None and index < len(self._header) else "") or column
