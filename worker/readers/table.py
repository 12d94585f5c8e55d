"""What every reader gives: a table as rows of text, numbered as the person sees them."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol


class FileRefused(Exception):
    """The file cannot be imported. ``code`` and ``params`` become the task's error."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


class CellError(str):
    """A cell that holds an error of its spreadsheet, such as ``#N/A`` (text that merely reads so is plain
    text)."""

    __slots__ = ()


class Row(NamedTuple):
    """One row: its number in the file (the first is 1) and the text of its cells, untrimmed."""

    fila: int
    cells: Sequence[str]

    @property
    def is_blank(self) -> bool:
        return not any(cell and not cell.isspace() for cell in self.cells)


class TableReader(Protocol):
    """An open file. ``rows`` may be called more than once and starts over each time.

    Raises ``FileRefused`` where the file is not what it should be.
    """

    def rows(self) -> Iterator[Row]: ...
