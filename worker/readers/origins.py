"""Which rejected row of an earlier upload a row mends: four columns say it, in a table of any kind.

A person gets them before the columns of their own in the file of rejected rows, mends these, and uploads the
file as it is.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID

import msgspec

from worker.readers.header_names import header_key
from worker.readers.table import PlainRows, Row, TableReader, rows_of

#: Why the row was rejected, which columns are at fault, its number in the file that it is from, and the task
#: of that.
REPORT_COLUMNS = ("motivo", "columna", "fila", "tarea")
#: Without these two nothing is said of an origin.
_TELLING = ("fila", "tarea")
#: More digits have no row number, nor would the ledger take it.
_MOST_DIGITS = 15


class Mending(msgspec.Struct, frozen=True):
    """The task whose rejected rows a file mends. ``hints``: by column, what its checker learnt from all of
    its rows, to read some of them as they were read then."""

    task_id: UUID
    hints: dict[str, dict[str, str]] = {}


class ReportColumns:
    """Where the four columns are in a file: ``places`` are the indexes of those that it has, which are also
    there ``by_name``."""

    def __init__(self, places: dict[str, int]) -> None:
        self.by_name = places
        self.places = frozenset(places.values())
        self._fila, self._task = places["fila"], places["tarea"]

    def first_task(self, reader: TableReader, header_fila: int) -> UUID | None:
        """Return the first task that a row names, None where none does."""
        rows = (row for row in rows_of(reader.pieces()) if row.fila > header_fila)
        return next((task for row in rows if (task := self.task_of(row.cells)) is not None), None)

    def task_of(self, cells: Sequence[str]) -> UUID | None:
        """Return the task that a row names, if it names one."""
        cell = cells[self._task].strip() if self._task < len(cells) else ""
        try:
            return UUID(cell) if cell else None
        except ValueError:
            return None

    def fila_of(self, cells: Sequence[str]) -> int | None:
        """Return the row number that a row names, if that is one."""
        cell = cells[self._fila].strip() if self._fila < len(cells) else ""
        return int(cell) if cell.isascii() and cell.isdigit() and len(cell) <= _MOST_DIGITS else None


def find_report_columns(header: Sequence[str]) -> ReportColumns | None:
    """Return where the four columns are, None where the file does not say where its rows come from. Of two
    with one name the first is meant: the person's own stand behind."""
    keys = [header_key(cell) for cell in header]
    places = {name: keys.index(name) for name in REPORT_COLUMNS if name in keys}
    return ReportColumns(places) if all(name in places for name in _TELLING) else None


class Origins:
    """The origins of rows as these go by, those up to row ``after`` left out: nobody will ask for them."""

    def __init__(self, columns: ReportColumns, task_id: UUID, after: int = 0) -> None:
        self._columns = columns
        self._task_id = task_id
        self._after = after
        self._seen: deque[tuple[int, int]] = deque()

    def watch(self, pieces: Iterable[Row | PlainRows]) -> Iterator[Row | PlainRows]:
        """Yield the rows, taking note of where they come from."""
        for piece in pieces:
            behind = piece.behind(self._after) if isinstance(piece, PlainRows) else piece
            for row in rows_of([behind]):
                if row.fila <= self._after:
                    continue
                origin = self._columns.fila_of(row.cells)
                if origin is not None and self._columns.task_of(row.cells) == self._task_id:
                    self._seen.append((row.fila, origin))
            yield piece

    def of_rows(self, first: int, last: int) -> list[tuple[int, int]]:
        """Return number and origin of the rows from ``first`` to ``last`` that have one; these rows, and
        those before, are not asked for again."""
        found = []
        while self._seen and self._seen[0][0] <= last:
            fila, origin = self._seen.popleft()
            if fila >= first:
                found.append((fila, origin))
        return found
