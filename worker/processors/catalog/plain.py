"""Reading many cells of a column at once, as long as they need no thought, which nearly all do not.

A column of some hundred cells is looked at as one text, in a few calls. What those cannot be sure of is only
pointed out, and read cell by cell (``values``): here nothing is ever found wrong, and a value is the one that
``values`` would find, if perhaps written with other zeros.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from unicodedata import is_normalized

from common.catalog import Column, ColumnType
from worker.processors.catalog.values import (
    CURLY_QUOTES,
    EVEN_PRICE,
    EVEN_WHOLE,
    IDENTIFIERS,
    CellReader,
    default_of,
)

#: The COPY values of a column's cells, and the places of the cells to be read one by one, which have "".
Values = tuple[Sequence[str], Iterable[int]]
ColumnReader = Callable[[Sequence[str]], Values]

#: Between cells. It stands for itself in no text of COPY, and unlike others it is printable.
_MARK = "\\"
#: What shows, beside it, that a cell is empty, begins or ends with a space, or begins with an apostrophe.
_NOT_PLAIN = (_MARK + _MARK, _MARK + " ", " " + _MARK, _MARK + "'", "  ")
_UNPRINTABLE = bytes(number for number in range(256) if not chr(number).isprintable())
_MOST_FLAGS = 50
_EVEN_PRICES = re.compile(rf"(?:{EVEN_PRICE.pattern}\n)*+")
_EVEN_PRICES_WITH_COMMA = re.compile(rf"(?:{EVEN_PRICE.pattern.replace('.', ',')}\n)*+")
_EVEN_WHOLES = re.compile(rf"(?:{EVEN_WHOLE.pattern}\n)*+")


def column_reader(column: Column, read: CellReader) -> ColumnReader:
    """Return what reads many cells of a column at once; ``read`` reads one."""
    if column.type is ColumnType.TEXT:
        reader = _text_reader(column.limit or 0, identifier=column.name in IDENTIFIERS)
    elif column.type is ColumnType.PRICE:
        reader = _read_prices
    elif column.type is ColumnType.WHOLE:
        reader = _read_wholes
    else:
        return _flag_reader(read)
    return reader if column.required else _with_blanks(reader, default_of(column))


def _with_blanks(reader: ColumnReader, default: str) -> ColumnReader:
    """Return a reader for a column whose empty cells have a value."""

    def read(cells: Sequence[str]) -> Values:
        if all(cells):
            return reader(cells)
        places = [place for place, cell in enumerate(cells) if cell]
        found, doubtful = reader([cells[place] for place in places])
        values = [default] * len(cells)
        for place, value in zip(places, found, strict=True):
            values[place] = value
        return values, [places[place] for place in doubtful]

    return read


def _text_reader(limit: int, *, identifier: bool) -> ColumnReader:
    def is_plain(cells: Sequence[str]) -> bool:
        text = f"{_MARK}{_MARK.join(cells)}{_MARK}"
        return (
            text.count(_MARK) == len(cells) + 1
            and not any(sign in text for sign in _NOT_PLAIN)
            and _is_harmless(text)
            # an identifier that was taken for a large number
            and not (identifier and "E+" in text)
            and max(map(len, cells)) <= limit
        )

    return lambda cells: _without_doubtful(cells, is_plain)


def _is_harmless(text: str) -> bool:
    """Return whether the text is printable and composed."""
    try:
        # nothing in Latin-1 is decomposed or curly; to know that is much quicker than to look
        latin = text.encode("latin-1")
    except UnicodeEncodeError:
        return text.isprintable() and CURLY_QUOTES.search(text) is None and is_normalized("NFC", text)
    return len(latin.translate(None, _UNPRINTABLE)) == len(latin)


def _read_prices(cells: Sequence[str]) -> Values:
    text = _as_lines(cells)
    if _EVEN_PRICES_WITH_COMMA.fullmatch(text) and "," in text:
        return text.replace(",", ".").split("\n")[: len(cells)], ()
    return _without_doubtful(cells, lambda some: _EVEN_PRICES.fullmatch(_as_lines(some)) is not None)


def _read_wholes(cells: Sequence[str]) -> Values:
    return _without_doubtful(cells, lambda some: _EVEN_WHOLES.fullmatch(_as_lines(some)) is not None)


def _as_lines(cells: Sequence[str]) -> str:
    """Return the cells as one text, a line each; no such text if a cell has lines itself."""
    text = "\n".join(cells) + "\n"
    return text if text.count("\n") == len(cells) else " "


def _without_doubtful(cells: Sequence[str], are_plain: Callable[[Sequence[str]], bool]) -> Values:
    if not cells or are_plain(cells):
        return cells, ()
    doubtful = set(_find_doubtful(cells, are_plain, 0, len(cells)))
    return ["" if place in doubtful else cell for place, cell in enumerate(cells)], doubtful


def _find_doubtful(
    cells: Sequence[str], are_plain: Callable[[Sequence[str]], bool], start: int, end: int
) -> Iterator[int]:
    """Yield the places of the cells, among some that are not all plain, that are not: by halves, for they are
    few."""
    if end - start == 1:
        yield start
        return
    middle = (start + end) // 2
    for first, last in ((start, middle), (middle, end)):
        if not are_plain(cells[first:last]):
            yield from _find_doubtful(cells, are_plain, first, last)


def _flag_reader(read: CellReader) -> ColumnReader:
    """Return a reader for a column of few different cells, each of which is read once."""

    def read_all(cells: Sequence[str]) -> Values:
        different = set(cells)
        if len(different) > _MOST_FLAGS:
            return [""] * len(cells), range(len(cells))
        values = {cell: value for cell in different if isinstance(value := read(cell), str)}
        if len(values) == len(different):
            return [values[cell] for cell in cells], ()
        doubtful = [place for place, cell in enumerate(cells) if cell not in values]
        return [values.get(cell, "") for cell in cells], doubtful

    return read_all
