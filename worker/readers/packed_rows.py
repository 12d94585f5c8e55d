"""Rows of text, held as small as their texts allow until they are wanted: once to be surveyed, once to be
checked. To unpack them takes a tenth of the time that it took to read them.
"""

import marshal
import zlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from worker.readers.cell_text import LARGEST_EXACT, sheet_number, to_text

_LEVEL = 1
#: The form in which a text that several cells share is held once.
_MARSHAL_VERSION = 4

#: The texts of one column. Numbers that are no whole ones are left as they are: their texts are made again.
Column = Sequence[str | float]


class PackedRows(NamedTuple):
    """Consecutive rows: the number of the first and how many they are, the number of the first column, the
    places of columns that have numbers among their texts, and all their columns, packed."""

    first: int
    height: int
    column: int
    numeric: list[int]
    packed: bytes


def pack(first: int, column: int, columns: list[Column]) -> PackedRows:
    """Return the rows packed; ``columns`` are texts (:func:`as_texts`), at least one."""
    numeric = [place for place, cells in enumerate(columns) if float in set(map(type, cells))]
    packed = zlib.compress(marshal.dumps(columns, _MARSHAL_VERSION), _LEVEL)
    return PackedRows(first, len(columns[0]), column, numeric, packed)


def unpack(rows: PackedRows) -> list[Sequence[str]]:
    """Return the columns of the rows as the texts that they show."""
    # from this process: nothing else writes what is read here
    columns: list[Sequence[Any]] = marshal.loads(zlib.decompress(rows.packed))  # noqa: S302
    for place in rows.numeric:
        columns[place] = [cell if cell.__class__ is str else sheet_number(cell) for cell in columns[place]]
    return columns


def as_texts(cells: Sequence[Any]) -> Column:
    """Return the texts of cells as the parser gives them, column by column: most have values of one kind."""
    kinds = set(map(type, cells))
    if kinds == {str}:
        return cells
    if kinds == {bool}:
        return list(map(("false", "true").__getitem__, cells))
    if kinds == {float} and all(map(float.is_integer, cells)) and max(map(abs, cells)) <= LARGEST_EXACT:
        return list(map(str, map(int, cells)))
    return [
        cell
        if cell.__class__ is str or (cell.__class__ is float and not cell.is_integer())
        else _as_text(cell)
        for cell in cells
    ]


def _as_text(cell: Any) -> str | float:
    if isinstance(cell, float | int) and not isinstance(cell, bool):
        # a whole one by way of text: it may be too large for a float
        number = float(str(cell))
        is_whole = number.is_integer() and abs(number) <= LARGEST_EXACT
        return str(int(number)) if is_whole else number
    return to_text(cell)
