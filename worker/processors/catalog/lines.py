"""Lines of COPY text held against each other: whether two rows say the same."""

from common.catalog import COLUMNS, PRICE_DECIMALS, Column, ColumnType
from worker.processors.catalog.copy_text import NULL

#: The places of the numbers, and their decimals.
_NUMBERS = [
    (place, PRICE_DECIMALS if column.type is ColumnType.PRICE else 0)
    for place, column in enumerate(COLUMNS)
    if column.type in (ColumnType.PRICE, ColumnType.WHOLE)
]


def says_the_same(line: bytes, other: bytes) -> bool:
    """Return whether two rows come to the same in the table: a number may have come with other zeros."""
    if line == other:
        return True
    values, others = line.split(b"\t"), other.split(b"\t")
    for place, decimals in _NUMBERS:
        if values[place] != others[place]:
            if _as_stored(values[place], decimals) != _as_stored(others[place], decimals):
                return False
            values[place] = others[place]
    return values == others


def _as_stored(number: bytes, decimals: int) -> tuple[bytes, bytes]:
    whole, _, behind = number.partition(b".")
    return whole.lstrip(b"0"), behind[:decimals].ljust(decimals, b"0")


def line_in_sql() -> str:
    """Return the expression that gives the line of a product in the table. Of what COPY escapes, no text
    there has anything but the backslash."""
    return r" || E'\t' || ".join(map(_value_in_sql, COLUMNS))


def _value_in_sql(column: Column) -> str:
    if column.type is not ColumnType.TEXT:
        return f"{column.name}::text"
    return rf"coalesce(replace({column.name}, '\', '\\'), '{NULL}')"
