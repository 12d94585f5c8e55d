"""Faults that an error file cannot show: a row with too many cells is as wide as any other there, stray
quotes stand where they should, and an error of a spreadsheet is a text like any other in a CSV.

So the reason of a row that was written wrong ends in a mark that tells the faults, and what the row's cells
were. As long as they are the same, the row has not been mended, and has the same faults still; once they
differ, it is judged by what it is.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from string import Formatter
from typing import Annotated, Any
from urllib.parse import quote, unquote_to_bytes

import msgspec

from common.texts import ROW_FAULTS
from worker.readers.origins import ReportColumns
from worker.readers.table import CellError, Fault, FormulaWithoutValue, PlainRows, Row

#: What is wrong with how a row is written, not with what it says.
OF_WRITING = frozenset(
    {"row_shape", "stray_quote", "row_encoding", "row_beside_fragment", "control_character", "lone_surrogate"}
)
_MARK = re.compile(r" \[((?:[a-z_]+ [A-Za-z0-9_.~%-]+ )+)#([0-9a-f]{8})\]\Z")
#: Characters; a reason with a longer one behind it might not fit a cell of a spreadsheet.
_LONGEST_MARK = 8000
#: What parameters may be, whoever wrote them: a mark is a person's by the time it is read.
_decode_params = msgspec.json.Decoder(
    dict[str, str | Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)] | list[str]]
).decode
#: Those on which more depends than a sentence.
_TYPES = {"column": str, "columns": list, "found": int, "expected": int}
_HALVES = re.compile("[\ud800-\udfff]")
#: How a CSV tells what was no text in a workbook.
_SHEET_ERROR = re.compile(r"#[^\s,;]{1,20}[!?]|#N/[AD]")
_NO_VALUE = str(FormulaWithoutValue())


class Unmended:
    """Finds the rows of an error file that are as they were. ``is_text``: it is a CSV."""

    def __init__(self, header: Sequence[str], report: ReportColumns, *, is_text: bool) -> None:
        self._reason = report.by_name.get("motivo")
        self._columns = report.by_name.get("columna") if is_text else None
        self._ours = report.places
        self._header = [" ".join(cell.split()) for cell in header]

    def watch(self, pieces: Iterable[Row | PlainRows]) -> Iterator[Row | PlainRows]:
        """Yield the rows; those that are as they were with the faults that they had."""
        for piece in pieces:
            if isinstance(piece, PlainRows):
                yield from self._plain(piece)
            else:
                yield self._looked_at(piece)

    def _plain(self, rows: PlainRows) -> Iterator[Row | PlainRows]:
        start = 0
        for place, row in enumerate(rows.rows()):
            looked_at = self._looked_at(row)
            if looked_at is not row:
                if place > start:
                    yield PlainRows(rows.first + start, rows.cells[start:place])
                yield looked_at
                start = place + 1
        if start < len(rows.cells):
            yield PlainRows(rows.first + start, rows.cells[start:])

    def _looked_at(self, row: Row) -> Row:
        reason = self._cell(row, self._reason)
        if reason.endswith("]"):
            own = (cell for index, cell in enumerate(row.cells) if index not in self._ours)
            if faults := unmended_faults(reason, own):
                return row._replace(faults=faults)
        if row.faults:
            return row
        columns = self._cell(row, self._columns)
        return self._with_errors(row, columns) if columns else row

    def _with_errors(self, row: Row, columns: str) -> Row:
        """Return the row with errors of a spreadsheet taken for such, where the report says that those cells
        were bad."""
        errors = {
            index: error
            for index, cell in enumerate(row.cells)
            if (error := _error_of(cell)) is not None and self._is_named(index, columns)
        }
        if not errors:
            return row
        return row._replace(cells=[errors.get(index, cell) for index, cell in enumerate(row.cells)])

    def _is_named(self, index: int, columns: str) -> bool:
        name = self._header[index] if index < len(self._header) and index not in self._ours else ""
        # a header may itself hold what stands between two of them
        return bool(name) and (name in columns.split(", ") or (", " in name and name in columns))

    def _cell(self, row: Row, place: int | None) -> str:
        return row.cells[place] if place is not None and place < len(row.cells) else ""


def mark(faults: Iterable[Fault], cells: Iterable[str]) -> str:
    """Return the mark of a row, to be put behind its reason; "" where it would be too long to be read."""
    told = "".join(f"{fault['code']} {_written(fault)} " for fault in faults)
    made = f" [{told}#{_print_of(cells)}]"
    return made if len(made) <= _LONGEST_MARK else ""


def unmended_faults(reason: str, cells: Iterable[str]) -> list[Fault]:
    """Return the faults that a row still has, by the mark behind its reason; none where there is no mark, or
    one that nobody here has written, or the row is another now."""
    match = _MARK.search(reason, max(0, len(reason) - _LONGEST_MARK)) if reason.endswith("]") else None
    if match is None or match[2] != _print_of(cells):
        return []
    words: Sequence[str] = match[1].split(" ")
    try:
        return [_read(code, params) for code, params in zip(words[::2], words[1::2], strict=False)]
    except (ValueError, msgspec.MsgspecError):
        return []


def _written(fault: Fault) -> str:
    return quote(msgspec.json.encode(fault.get("params", {})), safe="")


def _read(code: str, written: str) -> Fault:
    """Return a fault as it was written.

    Raises:
        ValueError, msgspec.MsgspecError: it is none.
    """
    if code not in ROW_FAULTS:
        raise ValueError(code)
    params: dict[str, Any] = _decode_params(unquote_to_bytes(written))
    needed = {name for _, name, _, _ in Formatter().parse(ROW_FAULTS[code].es) if name}
    if not needed <= params.keys() or any(
        type(value) is not _TYPES.get(name, type(value)) for name, value in params.items()
    ):
        raise ValueError(code)
    return {"code": code, "params": params}


def _print_of(cells: Iterable[str]) -> str:
    """Return what tells these cells from others; neither the apostrophe before a text counts, nor what is
    blank."""
    texts = [
        " ".join(_HALVES.sub("\N{REPLACEMENT CHARACTER}", cell).split()).removeprefix("'") for cell in cells
    ]
    while texts and not texts[-1]:
        texts.pop()
    return hashlib.sha256("\x00".join(texts).encode()).hexdigest()[:8]


def _error_of(text: str) -> CellError | None:
    """Return the error of a spreadsheet that a text tells of, if it does."""
    if text[:1] not in ("#", "=", "'"):
        return None
    told = text.strip().removeprefix("'")
    if told == _NO_VALUE:
        return FormulaWithoutValue()
    return CellError(told) if _SHEET_ERROR.fullmatch(told) else None
