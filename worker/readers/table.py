"""What every reader gives: a table as rows of text, numbered as the person sees them."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol


class FileRefused(Exception):
    """The file cannot be imported. ``code`` and ``params`` become the task's error."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


class CellError(str):
    """A cell that holds an error of its spreadsheet, such as ``#N/A`` (text that merely reads so is plain
    text). ``code`` is that of the fault which it is wherever a value is needed."""

    __slots__ = ()
    code = "cell_error"


class FormulaWithoutValue(CellError):
    """A cell with a formula whose result was not stored with it: only a spreadsheet program can tell it."""

    __slots__ = ()
    code = "formula_without_value"

    def __new__(cls) -> "FormulaWithoutValue":
        return super().__new__(cls, "=…")


class SheetNumber(str):
    """A cell that its spreadsheet holds as a number, not as text: the point in it stands before decimals."""

    __slots__ = ()


#: What is wrong with a row, or worth knowing of a file: a code and its parameters.
Fault = dict[str, Any]
Notice = dict[str, Any]


class Row(NamedTuple):
    """One row: its number in the file (the first is 1) and the text of its cells, untrimmed.

    ``faults``: what the reader itself found wrong with it; then nobody looks at the cells.
    """

    fila: int
    cells: Sequence[str]
    faults: Sequence[Fault] = ()

    @property
    def is_blank(self) -> bool:
        return not any(cell and not cell.isspace() for cell in self.cells)


class PlainRows(NamedTuple):
    """Consecutive rows in which the reader found nothing to remark, to be handled all at once.

    ``first``: the number of the first; ``cells``: of each row, as many as the header has. No row is blank and
    no cell is a :class:`CellError`.
    """

    first: int
    cells: list[list[str]]

    def behind(self, fila: int) -> "PlainRows":
        """Return those whose number is higher."""
        skipped = max(0, fila + 1 - self.first)
        return PlainRows(self.first + skipped, self.cells[skipped:]) if skipped else self

    def rows(self) -> Iterator[Row]:
        """Yield them one by one."""
        for fila, cells in enumerate(self.cells, start=self.first):
            yield Row(fila, cells)


class TableReader(Protocol):
    """An open file. ``pieces`` may be called more than once and starts over each time; it yields all rows in
    their order, the blank ones perhaps, one by one or many at once.

    ``facts``: how the file was read (encoding, delimiter, sheet …), for a person who looks into it.
    ``notices``: warnings about that, complete once all rows have been read.
    Raises ``FileRefused`` where the file is not what it should be.
    """

    facts: dict[str, Any]
    notices: list[Notice]

    def pieces(self) -> Iterator[Row | PlainRows]: ...


def rows_of(pieces: Iterable[Row | PlainRows]) -> Iterator[Row]:
    """Yield the rows of a table one by one."""
    for piece in pieces:
        if isinstance(piece, PlainRows):
            yield from piece.rows()
        else:
            yield piece


#: The identifying values and the COPY line of a row, or its faults.
Verdict = tuple[list[str], bytes] | list[Fault]


class Checker(Protocol):
    """What a kind of table knows of a row. It sees every row twice: all of them are surveyed first, then
    those that are to be imported are checked; either one by one or, which comes to the same, many at once.

    ``columns``: how each column of the file was understood, in the order of the file; one may have ``hints``
    once the survey has ended.
    """

    @property
    def columns(self) -> list[dict[str, Any]]: ...

    def survey(self, row: Row) -> None:
        """Look at a row for what only shows in many of them; must be quick."""
        ...

    def survey_all(self, rows: PlainRows) -> None:
        """Look at many rows."""
        ...

    def notices(self) -> list[Notice]:
        """Return what the survey of all rows, and the header, came to."""
        ...

    def check(self, cells: Sequence[str]) -> Verdict:
        """Return what a row comes to."""
        ...

    def check_all(self, rows: PlainRows) -> Iterable[Verdict]:
        """Return what each of many rows comes to, in their order."""
        ...


#: By column, what of its cells in all rows must be known to read some of the rows alone.
Hints = Mapping[str, Mapping[str, str]]


class CheckerFactory(Protocol):
    """Makes the checker of a file from the cells of its header.

    For rows that mend some of an earlier file, ``aside`` are the indexes of columns that are not the kind's,
    and ``hints`` those that the checker of the earlier one put into its ``columns``.
    Raises ``FileRefused`` where columns are missing.
    """

    def __call__(
        self, header: Sequence[str], *, aside: Collection[int] = (), hints: Hints | None = None
    ) -> Checker: ...
