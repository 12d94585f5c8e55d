"""The good catalogue, its values as a person reads them, and what became of a damaged copy of it."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any, NamedTuple

from common.catalog import COLUMNS, ColumnType
from tests.support.copy_text import parse_copy_line
from tests.support.files import open_file
from worker.readers.child import Order, read_frames
from worker.readers.frames import Opened, Refused, Rows

CHECKER = "worker.processors.catalog.rows:make_checker"

#: What a product is once it is read: text, numbers, truth values, in the order of ``COLUMNS``.
Values = tuple[Any, ...]

HEADER = [column.name for column in COLUMNS]

#: Accents in every row, so that its encoding shows; delimiters and quotes of all kinds within cells; texts at
#: both ends of other orders of the columns; empty cells.
ROWS = [
    ["PROD001", "Bisturí n.º 10", "MED-0001", "Cirugía", "12.50", "INVIMA 2019DM-0001", "Lugar seco y frío",
     "3", "Caja pequeña", "20", "5", "true", "false"],
    ["PROD002", "Cánula, estéril", "MED-0002", "Diagnóstico", "1.20", "INVIMA 2020DM-0002",
     "2 a 8 °C; oscuro", "1", "Bolsa | sobre", "30", "6", "false", "true"],
    ["PROD003", 'Tubo de 5" de látex', "MED-0003", "Nutrición", "999.99", "INVIMA 2021DM-0003",
     "Lejos del sol", "15", "Unidad única", "40", "7", "true", "true"],
    ["PROD004", "Férula elástica", "MED-0004", "Protección", "0.05", "INVIMA 2022DM-0004",
     "Temperatura ámbar", "7", "", "", "", "", ""],
    ["PROD005", "Gasa\nen capas, niños", "MED-0005", "Curación", "45.10", "INVIMA 2023DM-0005",
     "Sin humedad, año", "2", "Paquete de 10, té", "50", "8", "false", "false"],
    ["PROD006", "Jeringa señal", "MED-0006", "Inyección", "3.75", "INVIMA 2024DM-0006", "Lugar limpio, aéreo",
     "4", "Caja mediana ñ", "60", "9", "true", "true"],
    ["PROD007", "Venda algodón", "MED-0007", "Curación", "8.00", "INVIMA 2025DM-0007", "Estante número 4",
     "5", "Rollo único", "70", "11", "false", "true"],
]  # fmt: skip

FIRST, MIDDLE, LAST = 0, len(ROWS) // 2, len(ROWS) - 1
PLACES = {"first": FIRST, "middle": MIDDLE, "last": LAST}


def typed(cells: Sequence[str]) -> Values:
    """What a person takes the plainly written cells of a row for."""
    return tuple(_typed(cell, place) for place, cell in enumerate(cells))


def _typed(cell: str, place: int) -> Any:
    column = COLUMNS[place]
    text = " ".join(cell.split())
    if not text:
        return column.default
    if column.type is ColumnType.PRICE:
        return Decimal(text)
    if column.type is ColumnType.WHOLE:
        return int(text)
    return text == "true" if column.type is ColumnType.BOOLEAN else text


TRUTH = [typed(row) for row in ROWS]


class Form(NamedTuple):
    """How a catalogue is written, and in which order its columns stand (by their places)."""

    delimiter: str = ","
    quote_all: bool = False
    end: str = "\r\n"
    order: tuple[int, ...] = tuple(range(len(HEADER)))

    def line(self, cells: Iterable[str]) -> str:
        """One record without its end, the cells given in the order of ``COLUMNS``."""
        cells = list(cells)
        return self.join([cells[place] for place in self.order])

    def join(self, cells: Sequence[str]) -> str:
        """One record without its end, the cells given as they stand."""
        written = io.StringIO(newline="")
        style = csv.unix_dialect if self.quote_all else csv.excel
        csv.writer(written, style, delimiter=self.delimiter, lineterminator="\r\n").writerow(cells)
        return written.getvalue().removesuffix("\r\n")

    def cells(self, cells: Sequence[str]) -> list[str]:
        """The cells as they are written, quotes and all, in the order of the file."""
        ordered = [cells[place] for place in self.order]
        # two cells, for an empty one alone would be quoted
        behind = self.delimiter + self.join(["x"])
        return [self.join([cell, "x"]).removesuffix(behind) for cell in ordered]

    def lines(self) -> list[str]:
        """The header and the rows, without their ends."""
        return [self.line(HEADER), *(self.line(row) for row in ROWS)]

    def text(self, lines: Iterable[str]) -> str:
        """The file with these records."""
        return "".join(line + self.end for line in lines)


#: Columns in other orders: with texts, numbers and what may be empty at the ends.
ORDERS = {
    "as in the template": tuple(range(13)),
    "names at the ends": (1, 0, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 8),
    "reversed": tuple(reversed(range(13))),
}


@dataclass(frozen=True)
class Variant:
    """A damaged catalogue.

    ``right`` are the rows that a person would find in it, each with all the readings that are right. An empty
    set of readings: no one can tell, so that the row must not be imported in silence. ``must_tell``: even
    where all rows are right, there is something to say.
    """

    name: str
    content: bytes
    right: tuple[frozenset[Values], ...]
    must_tell: bool = False


class Verdict(Enum):
    """What became of it."""

    EQUAL = "equal"
    REPORTED = "reported"
    REFUSED = "refused"
    SILENTLY_WRONG = "silently wrong"


class Reading(NamedTuple):
    """What the worker is told of a file."""

    refusal: str | None
    loaded: dict[int, Values]
    rejected: dict[int, list[str]]
    notices: list[dict[str, Any]]


def read(content: bytes) -> Reading:
    """Send a file through the reading child's work."""
    order = Order("csv", CHECKER, 0, 10, memory_bytes=0, cpu_seconds=0, parent=0)
    reading = Reading(None, {}, {}, [])
    with open_file(content) as file:
        for frame in read_frames(file, order):
            if isinstance(frame, Refused):
                reading = reading._replace(refusal=frame.code)
            if isinstance(frame, Opened):
                reading.notices.extend(frame.notices)
            if isinstance(frame, Rows):
                reading.loaded.update({row.fila: loaded(row.line) for row in frame.checked})
                reading.rejected.update(
                    {row.fila: [fault["code"] for fault in row.faults] for row in frame.rejected}
                )
    return reading


def loaded(line: bytes) -> Values:
    """The values that PostgreSQL would take from a line of COPY text."""
    kinds: dict[ColumnType, Callable[[str], Any]] = {
        ColumnType.PRICE: Decimal,
        ColumnType.WHOLE: int,
        ColumnType.BOOLEAN: lambda text: {"true": True, "false": False}[text],
        ColumnType.TEXT: str,
    }
    cells = parse_copy_line(line)
    return tuple(
        None if cell is None else kinds[column.type](cell)
        for cell, column in zip(cells, COLUMNS, strict=True)
    )


def judge(variant: Variant, reading: Reading) -> tuple[Verdict, str]:
    """Compare what was loaded with what is right; the text says what is silently wrong.

    Each loaded row must be one of the right ones, unless a notice names its row. Each right row that was not
    loaded must be rejected: in its own row, or in one beside it that took it in.
    """
    if reading.refusal is not None:
        return Verdict.REFUSED, ""
    told = {fila for notice in reading.notices for fila in notice["params"].get("rows", ())}
    missing = dict(enumerate(variant.right))
    for fila, values in reading.loaded.items():
        place = next((place for place, readings in missing.items() if values in readings), None)
        if place is not None:
            del missing[place]
        elif fila in told:
            missing.pop(fila - 2, None)
        else:
            return Verdict.SILENTLY_WRONG, f"row {fila} was read as {values}"
    for place in missing:
        if not any(abs(fila - place - 2) <= 2 for fila in reading.rejected):
            return (
                Verdict.SILENTLY_WRONG,
                f"row {place + 2} got lost; rejected are {sorted(reading.rejected)}",
            )
    is_told = (
        reading.rejected
        or told
        or any(notice["code"] != "encoding_windows_1252" for notice in reading.notices)
    )
    if variant.must_tell and not is_told:
        return Verdict.SILENTLY_WRONG, "nothing was told"
    return (Verdict.REPORTED if is_told else Verdict.EQUAL), ""


def unchanged() -> tuple[frozenset[Values], ...]:
    """The right rows where a person sees what was meant in spite of the damage."""
    return tuple(frozenset([values]) for values in TRUTH)


def changed(row: int, *readings: Values) -> tuple[frozenset[Values], ...]:
    """The right rows where that one may be read in these ways only; none: in no way."""
    return tuple(frozenset(readings if place == row else [values]) for place, values in enumerate(TRUTH))
