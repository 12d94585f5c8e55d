"""What a catalogue must be after uploads whose contents are known.

It knows less than the services, on purpose: in these files the codigo belongs to the id for ever, so a
product is what one row says of it, and only which row is the question.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from chaos.files import CatalogueFile, Cells
from common.catalog import COLUMNS, Column, ColumnType

Value = str | int | bool | Decimal | None
Values = tuple[Value, ...]


def values_of(cells: Cells) -> Values:
    """Return a row as the table holds it, in the order of the columns."""
    return tuple(_value(column, cells[column.name]) for column in COLUMNS)


def first_rows(file: CatalogueFile) -> Mapping[str, Values]:
    """Return the first good row of each product: the one that creates it where none is replaced."""
    return {cells["id"]: values_of(cells) for _, cells in sorted(file.good.items(), reverse=True)}


def last_rows(file: CatalogueFile) -> Mapping[str, Values]:
    """Return the last good row of each product: the one that stays where they are replaced."""
    return {cells["id"]: values_of(cells) for _, cells in sorted(file.good.items())}


def fold(files: Iterable[CatalogueFile]) -> dict[str, Values]:
    """Return the products after these files, one after the other, each replacing what it finds."""
    products: dict[str, Values] = {}
    for file in files:
        for _, cells in sorted(file.good.items()):
            products[cells["id"]] = values_of(cells)
    return products


def _value(column: Column, text: str) -> Value:
    if not text:
        return column.default
    if column.type is ColumnType.PRICE:
        return Decimal(text)
    if column.type is ColumnType.WHOLE:
        return int(text)
    if column.type is ColumnType.BOOLEAN:
        return text == "true"
    return text
