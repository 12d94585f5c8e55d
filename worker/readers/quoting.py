"""Looking closer at a CSV record that has quotes: the parser takes some that no program writes.

Quotes stand around a whole cell, and doubled within it (RFC 4180, section 2). Anything else is a quote that
somebody lost or left behind, and what stands between two of those is anybody's guess.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

#: What ends a line in any system's files.
LINE_END = re.compile(r"\r\n|\r|\n")


class _Grammar(NamedTuple):
    cell: re.Pattern[str]
    whole_cell: re.Pattern[str]
    in_quotes: re.Pattern[str]
    unspaced: re.Pattern[str]


@cache
def _grammar(delimiter: str) -> _Grammar:
    escaped = re.escape(delimiter)
    in_quotes = '"[^"]*(?:""[^"]*)*"'
    unquoted = rf"[^{escaped}\r\n]*"
    return _Grammar(
        re.compile(rf"(?:^|{escaped})(?:{in_quotes}|({unquoted}))"),
        re.compile(rf"(?:{in_quotes}|(?!\"){unquoted})(?=[{escaped}\r\n]|\Z)"),
        re.compile(in_quotes),
        re.compile(rf"{escaped}(?!\s)"),
    )


def stray_quotes(record: str, delimiter: str) -> Iterator[int]:
    """Yield the places (the first is 0) of the cells of a well-formed record that hold quotes without
    standing in quotes, or stand in apostrophes, which are no quotes here but were meant to be."""
    for place, match in enumerate(_grammar(delimiter).cell.finditer(record)):
        cell = match[1]
        if cell and ('"' in cell or (cell[0] == cell[-1] == "'" and len(cell) > 1)):
            yield place


def swallows_rows(cell: str, width: int, delimiter: str, *, spaced: bool) -> bool:
    """Tell whether a cell of several lines reads like the rest of a row, and the rows behind it: such is what
    stands between a stray quote and the next one.

    A row that begins in place n of one line and goes on in place n of another leaves as many delimiters
    between as a whole row has. In prose there is space behind them, which says nothing in a file that is
    ``spaced`` so throughout.
    """
    if width < 2 or not LINE_END.search(cell):
        return False
    # a delimiter right before the closing quote: that one opens another cell
    if cell.endswith(delimiter):
        return True
    if cell.count(delimiter) < width - 1:
        return False
    return spaced or _grammar(delimiter).unspaced.search(cell) is not None


def broken_quote(record: str, delimiter: str) -> tuple[int, bool] | None:
    """Return where the quote stands that opens the cell at which a record breaks, and whether that cell is
    closed again; None if quotes are not what breaks it."""
    grammar = _grammar(delimiter)
    place = 0
    while found := grammar.whole_cell.match(record, place):
        place = found.end() + 1
        if place > len(record):
            return None
    return place, grammar.in_quotes.match(record, place) is not None
