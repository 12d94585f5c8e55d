"""What a worksheet holds, found by streaming its XML once, before any parser builds a table of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from worker.readers.table import FileRefused, Notice

MAX_ROWS = 1_048_576
MAX_COLUMNS = 16_384
#: A full sheet of a dozen columns.
MAX_CELLS = 16_000_000
#: Excel takes 32,767 characters; of the longest column of a catalogue 255 are taken.
MAX_CELL_BYTES = 131_072
#: Cells of the rectangle that the fast parser builds, empty ones included.
_MAX_AREA = 20_000_000
_SPARSE = 2
_SHOWN_COLUMNS = 20


@dataclass
class Sheet:
    """Everything that decides how the sheet is read, and what is to be told of it.

    ``rows`` and ``columns``: of the last cell that is not empty; ``filled_rows``: those with cells;
    ``is_plain``: the fast parser is right on it; ``unvalued``: cells (row, column) with a formula whose
    result was not stored.
    """

    rows: int = 0
    columns: int = 0
    cells: int = 0
    filled_rows: int = 0
    is_plain: bool = True
    unvalued: set[tuple[int, int]] = field(default_factory=set)
    hidden_rows: int = 0
    first_hidden_row: int = 0
    hidden_columns: list[str] = field(default_factory=list)
    merged: int = 0
    first_merged: str = ""

    @property
    def is_sparse(self) -> bool:
        """Whether few cells stand far from each other, so that the rectangle around them is absurd."""
        area = self.rows * self.columns
        return area > _MAX_AREA and area > _SPARSE * self.cells

    def add_rows(self, rows: Sequence[int], cells: int, columns: int, *, is_hidden: bool) -> None:
        """Add rows with so many cells each, ``columns`` being that of the last cell."""
        self.rows = rows[-1]
        self.columns = max(self.columns, columns)
        self.filled_rows += len(rows)
        self.count_cells(cells * len(rows))
        if is_hidden:
            for row in rows:
                self.hide_row(row)

    def count_cells(self, count: int) -> None:
        """Add cells; raises FileRefused where there are more than fit into an honest sheet."""
        self.cells += count
        if self.cells > MAX_CELLS:
            raise FileRefused("xlsx_too_many_cells", limit=MAX_CELLS)

    def hide_row(self, row: int) -> None:
        """Take note of a row with cells that nobody sees."""
        self.hidden_rows += 1
        self.first_hidden_row = self.first_hidden_row or row

    def hide_columns(self, first: int, last: int) -> None:
        """Take note of columns that nobody sees; not of all the emptiness right of a table."""
        if last < MAX_COLUMNS and len(self.hidden_columns) < _SHOWN_COLUMNS:
            name = column_letters(first)
            self.hidden_columns.append(name if first == last else f"{name}-{column_letters(last)}")

    def merge(self, area: str) -> None:
        """Take note of merged cells, of which only the first has a value."""
        self.merged += 1
        self.first_merged = self.first_merged or area[:20]

    def notices(self) -> list[Notice]:
        """Return what a person should know who looks at the sheet and sees something else."""
        found: list[Notice] = []
        if self.hidden_rows:
            hidden = {"count": self.hidden_rows, "first": self.first_hidden_row}
            found.append({"code": "hidden_rows", "params": hidden})
        if self.hidden_columns:
            found.append({"code": "hidden_columns", "params": {"columns": self.hidden_columns}})
        if self.merged:
            merged = {"count": self.merged, "first": self.first_merged}
            found.append({"code": "merged_cells", "params": merged})
        return found


def check_row(row: int, last: int) -> None:
    """Raise FileRefused unless the row follows the last one and lies within a sheet."""
    if row > MAX_ROWS:
        raise FileRefused("xlsx_beyond_sheet", cell=f"A{row}"[:20])
    if row <= last:
        raise FileRefused("xlsx_disordered", row=row)


def check_column(row: int, column: int, last: int) -> None:
    """Raise FileRefused unless the cell stands right of the last one and lies within a sheet."""
    if column > MAX_COLUMNS:
        raise FileRefused("xlsx_beyond_sheet", cell=f"{column_letters(column)}{row}"[:20])
    if column <= last:
        raise FileRefused("xlsx_disordered", row=row)


def column_number(letters: str) -> int:
    """Return 28 for ``AB``."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def column_letters(number: int) -> str:
    """Return ``AB`` for 28."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
