"""Three hundred rows: every rule of a catalogue file is broken at least once, and nearly broken beside it."""

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from common.catalog import COLUMNS, MAX_WHOLE, Column, ColumnType
from data.generator.files import Cell
from data.generator.products import ProductRow, made_up_product

ROWS = 300

#: A row whose every cell is blank: skipped, not counted, but it keeps its number.
BLANK: ProductRow = {"id": "  ", "nombre": None, "codigo": "\u00a0"}

_TEXTS = [column for column in COLUMNS if column.type is ColumnType.TEXT]
_WHOLES = [column for column in COLUMNS if column.type is ColumnType.WHOLE]
_BOOLEANS = [column for column in COLUMNS if column.type is ColumnType.BOOLEAN]

Overrides = dict[str, Cell]


class PerFormat(NamedTuple):
    """A row that is wrong in .xlsx in a way that .csv does not know, and the other way round."""

    xlsx: ProductRow
    csv: tuple[Cell, ...]


def three_hundred_rows() -> list[ProductRow | PerFormat]:
    """Return the rows in file order: good ones, odd ones, good ones; blank ones come on top of the 300."""
    odd = [made_up_product(number) | overrides for number, overrides in enumerate(_odd_rows(), start=21)]
    rows: list[ProductRow | PerFormat] = [made_up_product(number) for number in range(1, 21)]
    rows += [*odd[:20], BLANK, *odd[20:60], BLANK, BLANK, *odd[60:110], {}, *odd[110:]]
    rows += _rows_per_format(len(odd) + 21)
    counted = len(rows) - 4
    return [*rows, *(made_up_product(number) for number in range(counted + 1, ROWS + 1))]


def _rows_per_format(number: int) -> Iterator[PerFormat]:
    good = made_up_product(number)
    yield PerFormat(good | {"precio_unitario": "#N/A"}, (*good.values(), "de más"))
    good = made_up_product(number + 1)
    yield PerFormat(good | {"stock_minimo": "#DIV/0!"}, tuple(good.values())[:-1])


def _odd_rows() -> Iterator[Overrides]:
    yield from _empty_cells()
    yield from _long_texts()
    yield from _control_characters()
    yield from _prices()
    for column in _WHOLES:
        yield from _whole_numbers(column)
    for column in _BOOLEANS:
        yield from _booleans(column)
    yield from _several_faults()
    yield from _repeated_keys()


def _empty_cells() -> Iterator[Overrides]:
    for position, column in enumerate(COLUMNS):
        yield {column.name: ("   ", None, "\u00a0", "\t")[position % 4]}
    yield {"nombre": None, "categoria": None, "certificado_sanitario": None}
    yield {column.name: None for column in COLUMNS if column.required}
    yield {column.name: None for column in COLUMNS if not column.required}


def _long_texts() -> Iterator[Overrides]:
    for number, column in enumerate(_TEXTS):
        assert column.limit is not None
        # as long as it may be, an accent counting as one character however it is written
        yield {column.name: f"{number}" + "ó" * (column.limit - 2) + "n\u0303"}
        yield {column.name: f"{number}" + "ó" * column.limit}


def _control_characters() -> Iterator[Overrides]:
    for column, character in zip(_TEXTS, "\x80\x81\x7f\x9f\u202e\u2066\x85", strict=True):
        yield {column.name: f"Antes{character}después"}
    for column, character in zip(_TEXTS, "\n\t\u00a0\u202f\u200b\ufeff\u00ad", strict=True):
        yield {column.name: f"Entre {character} dos {column.name}"}
    yield {"id": "’0021", "codigo": "'0022", "nombre": "Tubo de 5” “especial”"}
    yield {"codigo": "1.23457E+12", "id": "9,5E+10"}
    yield {"codigo": "1E+12", "id": "2024-03-01"}
    yield {"nombre": "\n Solo alrededor \t", "codigo": "\u2003ESPACIOS-ALREDEDOR\u00a0"}


def _prices() -> Iterator[Overrides]:
    good: tuple[Cell, ...] = (
        0, Decimal("0.01"), "9999999999.99", "12,5", "+7.50", "0008.5", "5.5000", "-0", Decimal("1234.5"),
        "1.234,56", "1,234.56", "$ 1200", "1.234.567", "1\u00a0250,5 COP", "'980",
    )  # fmt: skip
    bad: tuple[Cell, ...] = (
        "gratis", "1e3", "1.5E+05", "12.", ".5", "--5", "٣", "NaN", "-Infinity", "1_000", "12%", True,
        "mil doscientos pesos colombianos por cada caja de diez unidades", "1.23.456", "12 34",
        "1.500", "1,250", "$ 1.250", Decimal("10.999"),
        -5, "-0,01", "- 5", "(5)", "1,2345", "-1.2345", "0.125",
        12345678901, "10000000000", "99999999999.999",
    )  # fmt: skip
    for price in (*good, *bad):
        yield {"precio_unitario": price}


def _whole_numbers(column: Column) -> Iterator[Overrides]:
    good: tuple[Cell, ...] = (0, MAX_WHOLE, "5.0", "5,00", "+3", "007", "-0")
    bad: tuple[Cell, ...] = (
        Decimal("2.5"), "2,5", "-2.5", -1, "-1,0", "cinco", "5 días", "1e2", "$ 5", False, MAX_WHOLE + 1,
        "9" * 50,
    )  # fmt: skip
    for number in (*good, *bad):
        yield {column.name: number}


def _booleans(column: Column) -> Iterator[Overrides]:
    good: tuple[Cell, ...] = (
        True,
        False,
        1,
        0,
        "SÍ",
        "si",
        "No",
        "YES",
        "Verdadero",
        "falso",
        "TRUE",
        " sí ",
        "X",
    )
    bad: tuple[Cell, ...] = ("tal vez", "S", "y", 2, -1, "1.0", "verdad", "on")
    for answer in (*good, *bad):
        yield {column.name: answer}


def _several_faults() -> Iterator[Overrides]:
    yield {"nombre": None, "precio_unitario": -1, "stock_minimo": "muchos", "requiere_lote": "depende"}
    yield {"id": "PROD001", "codigo": "MED-0002", "precio_unitario": "caro"}
    yield {"tiempo_entrega_dias": Decimal("1.5"), "precio_unitario": None, "presentacion": "Caja\nx 10"}


def _repeated_keys() -> Iterator[Overrides]:
    # by id, by codigo, by both, and crossing two products; told apart by case, not by space or by form
    yield {"id": "PROD001"}
    yield {"id": "\tPROD002 "}
    yield {"codigo": "MED-0003"}
    yield {"codigo": "MED-0004", "nombre": "Sonda que cambia de id"}
    yield {"id": "PROD005", "codigo": "MED-0005"}
    yield {"id": "PROD006", "codigo": "MED-0006", "presentacion": None}
    yield {"id": "PROD007", "codigo": "MED-0008"}
    yield {"id": "PROD010", "codigo": "MED-0009"}
    yield {"id": "prod001", "codigo": "med-0001"}
    yield {"id": "CAFÉ-1", "codigo": 8584}
    yield {"id": "CAFE\u0301-1"}
    yield {"codigo": "8584"}
    yield {"codigo": "008584"}
    # the product that changed its id above left the old one free
    yield {"id": "PROD004"}
    # rejected rows reserve neither id nor codigo
    yield {"id": "RECHAZADA-1", "codigo": "RECHAZADA-1", "precio_unitario": "?"}
    yield {"id": "RECHAZADA-1", "codigo": "RECHAZADA-1"}
    yield {"id": "RECHAZADA-1", "codigo": "RECHAZADA-1", "nombre": "Ahora sí repetida"}
    yield {"id": "RECHAZADA-2", "codigo": "MED-0011", "nombre": "Rechazada o cambia de id, según la bandera"}
    yield {"id": "RECHAZADA-2", "nombre": "Nueva o repetida, según la bandera"}
