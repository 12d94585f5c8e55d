"""From columns of text to the rows of a table, many at once where nothing is odd about them."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from worker.readers.table import PlainRows, Row

_ROWS_AT_A_TIME = 256

Columns = list[Sequence[str]]


def pieces_of(
    columns: Iterable[tuple[int, Columns]], header_width: Callable[[Sequence[str]], int]
) -> Iterator[Row | PlainRows]:
    """Yield every row from the first on. Those that are empty have no cells, all others as many as the first
    row to which ``header_width`` gives a width.

    ``columns``: of consecutive rows, with the number of the first; rows between them are empty.
    """
    width, fila = 0, 1
    for first, some in columns:
        for empty in range(fila, first):
            yield Row(empty, ())
        fila, end = first, first + len(some[0])
        while not width and fila < end:
            cells = [column[fila - first] for column in some]
            width = header_width(cells)
            yield _row(fila, cells[:width])
            fila += 1
        if fila < end:
            yield from _plain_pieces(fila, _cut(some, fila - first, width))
        fila = end


def _cut(columns: Columns, start: int, width: int) -> Columns:
    """Return that many columns, without the rows before ``start``."""
    cut = [column[start:] for column in columns[:width]]
    return cut + [("",) * len(cut[0])] * (width - len(cut))


def _plain_pieces(first: int, columns: Columns) -> Iterator[Row | PlainRows]:
    rows = list(map(list, zip(*columns, strict=True)))
    start = 0
    for blank in [*_blank_rows(columns[0], rows), len(rows)]:
        for place in range(start, blank, _ROWS_AT_A_TIME):
            yield PlainRows(first + place, rows[place : min(blank, place + _ROWS_AT_A_TIME)])
        if blank < len(rows):
            yield _row(first + blank, rows[blank])
        start = blank + 1


def _blank_rows(first_column: Sequence[str], rows: list[list[str]]) -> Iterator[int]:
    """Yield the places of rows in which nothing can be seen."""
    if all(map(str.strip, first_column)):
        return
    for place, cell in enumerate(first_column):
        if not cell.strip() and not "".join(rows[place]).strip():
            yield place


def _row(fila: int, cells: list[str]) -> Row:
    return Row(fila, cells if any(cells) else ())
