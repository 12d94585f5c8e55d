"""Rows of text, held as small as their texts allow until they are wanted: once to be surveyed, once to be
checked. To unpack them takes a tenth of the time that it took to read them.
"""

import marshal
import zlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from worker.readers.cell_text import LARGEST_EXACT, decimal_text, to_text
from worker.readers.table import SheetNumber

_LEVEL = 1
#: The form in which a text that several cells share is held once.
_MARSHAL_VERSION = 4
#: Those that most whole numbers are among: to look them up takes a fifth of the time.
_SMALL_WHOLES = {float(number): str(number) for number in range(1000)}

#: The cells of one column: texts, and numbers that are no whole ones.
Column = Sequence[str | float]


class PackedRows(NamedTuple):
    """Consecutive rows: the number of the first and how many they are, the number of the first column, and
    all columns packed."""

    first: int
    height: int
    column: int
    packed: bytes


def pack(first: int, column: int, columns: list[Column]) -> PackedRows:
    """Return the rows packed; ``columns`` are of :func:`as_texts`, at least one."""
    texts: list[Sequence[Any]] = list(columns)
    numbers = {}
    for place, cells in enumerate(columns):
        if float in map(type, cells):
            numbers[place] = bytes([cell.__class__ is float for cell in cells])
            texts[place] = [decimal_text(cell) if isinstance(cell, float) else cell for cell in cells]
    packed = zlib.compress(marshal.dumps((texts, numbers), _MARSHAL_VERSION), _LEVEL)
    return PackedRows(first, len(columns[0]), column, packed)


def unpack(rows: PackedRows) -> list[Sequence[str]]:
    """Return the columns of the rows as the texts that they show."""
    # from this process: nothing else writes what is read here
    columns, numbers = marshal.loads(zlib.decompress(rows.packed))  # noqa: S302
    for place, are_numbers in numbers.items():
        cells = zip(columns[place], are_numbers, strict=True)
        columns[place] = [SheetNumber(text) if is_number else text for text, is_number in cells]
    unpacked: list[Sequence[str]] = columns
    return unpacked


def as_texts(cells: Sequence[Any]) -> Column:
    """Return the texts of cells as the parser gives them, and those numbers as they are that are no whole
    ones; most columns have values of one kind."""
    kinds = set(map(type, cells))
    if kinds == {str}:
        return cells
    if kinds == {bool}:
        return list(map(("false", "true").__getitem__, cells))
    if kinds == {float} and all(map(_SMALL_WHOLES.__contains__, cells)):
        return list(map(_SMALL_WHOLES.__getitem__, cells))
    return [
        cell
        if cell.__class__ is str or (cell.__class__ is float and not cell.is_integer())
        else _as_text(cell)
        for cell in cells
    ]


def _as_text(cell: Any) -> str | float:
    if isinstance(cell, float | int) and not isinstance(cell, bool):
        # a whole one by way of text: it may be too large for a float
        number = float(str(cell)) if isinstance(cell, int) else cell
        is_whole = number.is_integer() and abs(number) <= LARGEST_EXACT
        return str(int(number)) if is_whole else number
    return to_text(cell)
