"""A row as a line of COPY text, in the one form that tells whether two rows say the same."""

from common.catalog import COLUMNS, PRICE_DECIMALS, Column, ColumnType
from worker.processors.catalog.copy_text import NULL

#: The places of the numbers, and their decimals.
_NUMBERS = [
    (place, PRICE_DECIMALS if column.type is ColumnType.PRICE else 0)
    for place, column in enumerate(COLUMNS)
    if column.type in (ColumnType.PRICE, ColumnType.WHOLE)
]


def says_the_same(line: bytes, other: bytes) -> bool:
    """Return whether two rows come to the same in the table."""
    return line == other or _as_stored(line) == _as_stored(other)


def _as_stored(line: bytes) -> bytes:
    """Return the line as PostgreSQL would write it again: a number may have come with other zeros."""
    values = line.split(b"\t")
    for place, decimals in _NUMBERS:
        values[place] = _number_as_stored(values[place], decimals)
    return b"\t".join(values)


def _number_as_stored(number: bytes, decimals: int) -> bytes:
    whole, _, behind = number.partition(b".")
    digits = whole.lstrip(b"0") or b"0"
    return digits + b"." + behind[:decimals].ljust(decimals, b"0") if decimals else digits


def line_in_sql() -> str:
    """Return the expression that gives the line of a product in the table. Of what COPY escapes, no text
    there has anything but the backslash."""
    return r" || E'\t' || ".join(map(_value_in_sql, COLUMNS))


def _value_in_sql(column: Column) -> str:
    if column.type is not ColumnType.TEXT:
        return f"{column.name}::text"
    return rf"coalesce(replace({column.name}, '\', '\\'), '{NULL}')"
