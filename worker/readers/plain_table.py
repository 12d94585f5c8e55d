"""The rows of a plain sheet: read by the fast parser a part at a time while the rest of the sheet is still
being looked at, and held packed.
"""

import re
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from worker.readers.aside import Submit
from worker.readers.book_frame import BookFrame, Cells
from worker.readers.packed_rows import PackedRows, as_texts, pack, unpack
from worker.readers.shared_texts import SharedTexts
from worker.readers.sheet_plain import PART_BYTES, SheetPart
from worker.readers.table import FileRefused

#: Rows that are packed together.
_PACKED_ROWS = 512
#: Parts that may wait to be read.
_AHEAD = 2
#: What is read with each part may be so much of it.
_FRAME_SHARE = 8
_LARGEST_PART_BYTES = 32 * 1024 * 1024
_REFERS, _IS_TEXT = b' t="s"', b' t="str"'
_REFERRING = re.compile(rb'(<c r="[A-Z]{1,3}[0-9]{1,7}"(?: (?:s|cm|vm|ph)="[0-9]++")*+) t="s"')


class PlainTable:
    """All rows of a plain sheet. First every part is given to :meth:`take`, then comes :meth:`finish`."""

    def __init__(self, frame: BookFrame, texts: SharedTexts, submit: Submit) -> None:
        self.part_bytes = min(max(PART_BYTES, frame.size * _FRAME_SHARE), _LARGEST_PART_BYTES)
        self._frame = frame
        self._texts = texts
        self._submit = submit
        self._waiting: deque[tuple[Mapping[tuple[int, ...], list[int]], Future[Cells]]] = deque()
        self._rows: list[PackedRows] = []
        self._fault: BaseException | None = None

    def take(self, part: SheetPart) -> None:
        """Have a part read.

        Raises:
            FileRefused: the cells come to far more text than those of an honest workbook.
        """
        if self._fault is None:
            reading = self._submit(self._frame.read_rows, part.head, _without_references(part), part.tail)
            self._waiting.append((part.references, reading))
        if len(self._waiting) > _AHEAD:
            self._add_first()

    def finish(self) -> None:
        """Wait until all is read.

        Raises:
            FileRefused: the cells come to far more text than those of an honest workbook.
            BaseException: whatever the parser raised.
        """
        while self._waiting:
            self._add_first()
        self._texts = SharedTexts()
        if self._fault is not None:
            raise self._fault

    def columns(self) -> Iterator[tuple[int, list[Sequence[str]]]]:
        """Yield the texts of consecutive rows, column by column, each time with the number of the first of
        them. What is left out are empty rows, and the columns before the first that is not empty."""
        first = self.first_column
        for rows in self._rows:
            missing: list[Sequence[str]] = [("",) * rows.height] * (rows.column - first)
            yield rows.first, missing + unpack(rows)

    @property
    def first_column(self) -> int:
        """The number of the first column that is not empty, 0 where all are."""
        return min((rows.column for rows in self._rows), default=0)

    def _add_first(self) -> None:
        references, reading = self._waiting.popleft()
        try:
            cells = reading.result()
            self._add(cells, _put_texts(cells, references, self._texts))
        except (MemoryError, FileRefused):
            raise
        except BaseException as fault:  # noqa: BLE001 - a panic in Rust is no Exception
            # it may be that the sheet turns out not to be plain, and is not read in this way
            self._fault = fault
            self._waiting.clear()

    def _add(self, cells: Cells, columns: Iterable[Sequence[Any]]) -> None:
        texts = list(map(as_texts, columns))
        for start in range(0, len(cells.values), _PACKED_ROWS):
            some = [column[start : start + _PACKED_ROWS] for column in texts]
            self._rows.append(pack(cells.row + start, cells.column, some))


def _without_references(part: SheetPart) -> bytes:
    """Return the rows, in which the cells that referred to a text now have the number of that for a text."""
    if not part.references:
        return part.rows
    referring = sum(len(columns) * len(rows) for columns, rows in part.references.items())
    if part.rows.count(_REFERS) == referring:
        return part.rows.replace(_REFERS, _IS_TEXT)
    # some stand in texts, or in cells without a value
    return _REFERRING.sub(rb"\1" + _IS_TEXT, part.rows)


def _put_texts(
    cells: Cells, references: Mapping[tuple[int, ...], list[int]], texts: SharedTexts
) -> list[Sequence[Any]]:
    """Return the columns of the cells, with texts in place of the references to them, which are texts of
    cells as the parser sees it."""
    columns: list[Sequence[Any]] = list(zip(*cells.values, strict=True))
    rows_of_column: defaultdict[int, list[int]] = defaultdict(list)
    for places, rows in references.items():
        for column in places:
            rows_of_column[column - cells.column] += rows
    for column, rows in rows_of_column.items():
        if len(rows) == len(cells.values):
            columns[column] = texts.refer(list(map(int, columns[column])))
        else:
            changed = list(columns[column])
            rows_at = [row - cells.row for row in rows]
            referred = texts.refer([int(changed[row]) for row in rows_at])
            for row, text in zip(rows_at, referred, strict=True):
                changed[row] = text
            columns[column] = changed
    return columns
