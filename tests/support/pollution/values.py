"""Damage to the values of a file, and other ways of writing them."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import chain, product
from typing import Any
from unicodedata import normalize

from tests.support.pollution.catalogue import HEADER, PLACES, ROWS, TRUTH, Form, Variant, changed

#: For a kind of column: what may stand in a cell, and all that it may be read as; None: nothing at all.
_PRICES: dict[str, list[str] | None] = {
    "12.50": ["12.50"], "12,50": ["12.50"], "12,5": ["12.50"], " 12.50 ": ["12.50"], "\u00a012.50": ["12.50"],
    "$ 12.50": ["12.50"], "$12,50": ["12.50"], "12.50 €": ["12.50"], "1.234,50": ["1234.50"],
    "1,234.50": ["1234.50"], "1 234,50": ["1234.50"], "1\u00a0234,50": ["1234.50"], "+12.50": ["12.50"],
    "0012.50": ["12.50"], "12.500": None, "1.234": None, "1,234": None, "12.505": None, "0.001": None,
    "-12.50": None, "(12.50)": None, "12.50-": None, "12%": None, "NaN": None, "Infinity": None, "inf": None,
    "1_000": None, "1e3": None, "1E+05": None, "0x10": None, "１２": None, "١٢": None, "½": None,
    "12.50.1": None,
    "1,23,4": None, "1.2.3": None, "doce": None, "": None, " ": None, "-": None, "n/a": None, "#N/A": None,
    "#REF!": None, "=1+1": None, "12 50": None, "12;50": None, "99999999999": None, "9" * 400: None,
    "l2.50": None,
    "O.50": None, "12.5O": None, "12'50": None, ".": None, ",": None, "$": None, "31/01/2024": None,
    "2024-01-31": None, "true": None,
}  # fmt: skip
_WHOLES: dict[str, list[Any] | None] = {
    "6": [6], " 6 ": [6], "006": [6], "+6": [6], "6.0": [6], "6,0": [6], "6.00": [6], "\u00a06": [6],
    "6.5": None, "6,5": None, "-6": None, "6e0": None, "1e3": None, "2147483648": None, "9" * 400: None,
    "6_0": None, "６": None, "٦": None, "²": None, "seis": None, "6 días": None, "NaN": None, "0x6": None,
    "6%": None, "$6": None, "6-7": None, "6/7": None, "#N/A": None, "=6": None, "true": None, "6\0": None,
    "l": None,
}  # fmt: skip
_FLAGS: dict[str, list[Any] | None] = {
    "true": [True], "TRUE": [True], "1": [True], "si": [True], "sí": [True], "SÍ": [True], "Si": [True],
    "x": [True], "X": [True], "verdadero": [True], "yes": [True], " true ": [True], "si\u0301": [True],
    "false": [False], "FALSO": [False], "0": [False], "no": [False], "No": [False],
    "quizá": None, "2": None, "-1": None, "t": None, "tru": None, "verdad": None, "n/a": None, "#N/A": None,
    "1.0.0": None, "truefalse": None, "sí/no": None, "01": None, "nope": None, "false\0": None,
}  # fmt: skip
_IDENTIFIERS = ("008584", "1234567890123", "AMX-2024-01", "12345678901234567890", "1-2", "TRUE", "NULL")
#: What may be done to a text, and whether it is still the same; None: it is to be refused.
_TEXTS: dict[str, str | None] = {
    " {} ": "{}", "\t{}": "{}", "{}\u00a0": "{}", "{}\u200b": "{}", "\ufeff{}": "{}", "{}\u00ad": "{}",
    "\u3000{}": "{}", "{}\n": "{}", "{}\x00": None, "{}\x01": None, "\x1f{}": None, "{}\x1c": None,
    "{}\x7f": None,
    "{}\x85": None, "\x9f{}": None, "{}\u202e": None, "{}\\": "{}\\", "\\N{}": "\\N{}", "{}\\t": "{}\\t",
    "={}": "={}", "+{}": "+{}", "@{}": "@{}", "<b>{}</b>": "<b>{}</b>", "{}; DROP TABLE": "{}; DROP TABLE",
    "{}" + "x" * 300: None, "\u0000": None, "{}\U0001f600": "{}\U0001f600",
}  # fmt: skip


def values() -> Iterator[Variant]:
    """A cell of every column replaced by what people write, and by what only looks like it."""
    for where, place in PLACES.items():
        for text, prices in _PRICES.items():
            right = None if prices is None else [Decimal(price) for price in prices]
            yield _value(where, place, 4, text, right)
        numbers = product((7, 9, 10), _WHOLES.items())
        flags = product((11, 12), _FLAGS.items())
        for column, (text, readings) in chain(numbers, flags):
            yield _value(where, place, column, text, readings)
        for column in (0, 1, 2, 3, 5, 6):
            yield from _texts(where, place, column)
        for column, text in product((0, 2), _IDENTIFIERS):
            yield _value(where, place, column, text, [text])
        for column in (0, 2):
            yield _value(where, place, column, "1.23457E+12", None)


def _texts(where: str, place: int, column: int) -> Iterator[Variant]:
    own = ROWS[place][column]
    for form, kept in _TEXTS.items():
        right = None if kept is None else [" ".join(kept.format(own).split())]
        yield _value(where, place, column, form.format(own), right)
    yield _value(where, place, column, "", None)
    decomposed = normalize("NFD", own)
    if decomposed != own:
        yield _value(where, place, column, decomposed, [TRUTH[place][column]])


def _value(where: str, place: int, column: int, text: str, right: list[Any] | None) -> Variant:
    cells = ROWS[place].copy()
    cells[column] = text
    lines = Form().lines()
    lines[place + 1] = Form().line(cells)
    readings = [(*TRUTH[place][:column], value, *TRUTH[place][column + 1 :]) for value in right or ()]
    name = f"value: {where}, {HEADER[column]}, {text[:30]!r}"
    return Variant(name, Form().text(lines).encode(), changed(place, *readings))
