"""What only shows in a whole column: how its numbers are written, what its blanks mean.

Columns come in pieces of some rows, each looked at as one text first: where there is nothing to see, that is
all it costs.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Protocol

from common.catalog import PRICE_DECIMALS, Column, ColumnType
from worker.processors.catalog.damage import IdentifierSurvey, TextSurvey
from worker.processors.catalog.faults import notice
from worker.processors.catalog.numbers import Marks, Written, take_apart
from worker.processors.catalog.tally import Tally
from worker.processors.catalog.values import IDENTIFIERS, clean
from worker.readers.table import CellError, Notice, SheetNumber

#: Pieces of a price column that hold nothing to think about, by the sign before their decimals.
_EVEN_PRICES = {
    ".": re.compile(r"(?:[0-9]*(?:\.[0-9]{1,2})?\n)*+"),
    ",": re.compile(r"(?:[0-9]*(?:,[0-9]{1,2})?\n)*+"),
}
_EVEN_PRICE = re.compile(r"[0-9]+([.,])[0-9]{1,2}")
_EVEN_WHOLES = re.compile(r"[0-9\n]*+")


def _shows_mark(cell: str) -> bool:
    return cell.__class__ is str and _EVEN_PRICE.fullmatch(cell) is not None


class ColumnSurvey(Protocol):
    """Sees every cell of one column."""

    def look(self, filas: Sequence[int], cells: Sequence[str]) -> None: ...

    def notices(self) -> Iterator[Notice]: ...


def survey_of(column: Column, marks: Marks) -> ColumnSurvey:
    """Return what looks through a column; it teaches ``marks``."""
    if column.type is ColumnType.TEXT:
        return IdentifierSurvey(column.name) if column.name in IDENTIFIERS else TextSurvey(column.name)
    if column.type is ColumnType.BOOLEAN:
        return FlagSurvey(column)
    return NumberSurvey(column, marks)


class NumberSurvey:
    """Finds out which sign stands before the decimals of a column, and which cells that decides."""

    def __init__(self, column: Column, marks: Marks) -> None:
        self._column = column.name
        self._money = column.type is ColumnType.PRICE
        self._decimals = PRICE_DECIMALS if self._money else 0
        self._marks = marks
        self._ambiguous: defaultdict[tuple[Written, bool], Tally] = defaultdict(Tally)
        self._currencies: dict[str, None] = {}
        self._with_currency = Tally()

    def look(self, filas: Sequence[int], cells: Sequence[str]) -> None:
        """Look at some rows more."""
        joined = "\n".join(cells) + "\n"
        if _EVEN_WHOLES.fullmatch(joined):
            return
        if self._money:
            for mark, even in _EVEN_PRICES.items():
                shows = even.fullmatch(joined) and next(filter(_shows_mark, cells), None)
                if shows:
                    self._marks.learn(mark, shows)
                    return
        for fila, cell in zip(filas, cells, strict=True):
            # a number of the spreadsheet shows nothing of how people write, and needs no deciding
            if not cell.isdecimal() and not isinstance(cell, CellError | SheetNumber):
                self._look_at(fila, clean(cell))

    def notices(self) -> Iterator[Notice]:
        """Return how the ambiguous cells were read, and which currencies were dropped."""
        for (kind, would_be_decimal), tally in self._ambiguous.items():
            thousands = self._marks.reads_as_thousands(kind)
            # a row that is rejected says so itself
            if thousands or (thousands is False and would_be_decimal):
                yield self._reading(tally, by_column=self._marks.mark is not None)
        if self._with_currency.count:
            currencies = list(self._currencies)
            yield notice(
                "currency_dropped",
                column=self._column,
                currencies=currencies,
                **self._with_currency.params,
            )

    def _look_at(self, fila: int, text: str) -> None:
        if even := _EVEN_PRICE.fullmatch(text):
            self._marks.learn(even[1], text)
            return
        number = take_apart(text)
        if number is None or (number.currency and not self._money):
            return
        if number.currency:
            self._currencies.setdefault(number.currency.upper())
            self._with_currency.add(fila, text)
        if number.is_ambiguous:
            would_be_decimal = len(number.decimals.rstrip("0")) <= self._decimals
            kind = Written(False, "1", number.mark, "000", currency="$" if number.currency else "")
            self._ambiguous[kind, would_be_decimal].add(fila, text)
        elif number.decimal_mark:
            self._marks.learn(number.decimal_mark, text)

    def _reading(self, tally: Tally, *, by_column: bool) -> Notice:
        number = take_apart(tally.value)
        assert number is not None
        thousands = self._marks.reads_as_thousands(number)
        read_as = number.whole + number.decimals if thousands else f"{number.whole}.{number.decimals}"
        params = {"column": self._column, "read_as": read_as, **tally.params}
        if by_column:
            return notice("numbers_read_by_column", example=self._marks.example, **params)
        return notice("numbers_read_by_currency", **params)


class FlagSurvey:
    """Tells where the blanks of a column that is marked with «x» do not mean no."""

    def __init__(self, column: Column) -> None:
        self._column = column
        self._marked = False
        self._blank = Tally()

    def look(self, filas: Sequence[int], cells: Sequence[str]) -> None:
        """Look at some rows more."""
        if self._column.default is not True:
            return
        texts = {cell: clean(cell) for cell in set(cells)}
        self._marked = self._marked or any(text.lower() == "x" for text in texts.values())
        if not all(texts.values()):
            for fila, cell in zip(filas, cells, strict=True):
                if not texts[cell]:
                    self._blank.add(fila, "")

    def notices(self) -> Iterator[Notice]:
        """Return the warning, if there is an «x» and a blank."""
        if self._marked and self._blank.count:
            yield notice(
                "blank_beside_x", column=self._column.name, count=self._blank.count, rows=self._blank.rows
            )
