"""The error file as a CSV: UTF-8 with a byte order mark, as spreadsheet programs want it, divided as the
original is."""

import re
from collections.abc import Iterable
from typing import BinaryIO

from common.formulas import harmless, may_run
from common.texts import Language
from worker.error_file.layout import OutRow
from worker.readers.origins import REPORT_COLUMNS
from worker.readers.quoting import LINE_END, swallows_rows
from worker.readers.table import SheetNumber

#: What Excel divides by where commas stand before decimals, and elsewhere.
_USUAL_DELIMITER: dict[Language, str] = {"es": ";", "en": ","}
_HALVES = re.compile("[\ud800-\udfff]")
#: A number of a spreadsheet that people could take for thousands.
_AMBIGUOUS = re.compile(r"-?[0-9]{1,3}\.[0-9]{3}")
_APOSTROPHE = re.compile("['‘’‚‛]")
_ROWS_AT_A_TIME = 100


def write_csv(
    out: BinaryIO,
    header: OutRow,
    rows: Iterable[OutRow],
    tarea: str,
    delimiter: str | None,
    language: Language,
) -> None:
    """Write the file. ``delimiter``: the original's, if it has one."""
    divider = delimiter or _USUAL_DELIMITER[language]
    needs_quotes = re.compile(f"[{re.escape(divider)}\"\r\n]|^[\\s']|\\s$")

    width = len(REPORT_COLUMNS) + len(header.cells)

    def line(cells: Iterable[str]) -> str:
        # a break is a space to whoever reads it; here the cell would be taken for rows that a quote swallowed
        cells = (
            LINE_END.sub(" ", cell) if swallows_rows(cell, width, divider, spaced=False) else cell
            for cell in cells
        )
        quoted = (
            '"' + cell.replace('"', '""') + '"' if needs_quotes.search(cell) else cell for cell in cells
        )
        return divider.join(quoted) + "\r\n"

    out.write(b"\xef\xbb\xbf" + line([*REPORT_COLUMNS, *map(_defused, header.cells)]).encode())
    some = []
    for row in rows:
        fila = "" if row.fila is None else str(row.fila)
        some.append(line([harmless(row.reason), harmless(row.columns), fila, tarea, *_texts(row)]))
        if len(some) == _ROWS_AT_A_TIME:
            out.write("".join(some).encode())
            some.clear()
    out.write("".join(some).encode())


def _texts(row: OutRow) -> list[str]:
    texts = list(map(_defused, row.cells))
    for index in row.bad:
        cell = row.cells[index]
        if isinstance(cell, SheetNumber) and _AMBIGUOUS.fullmatch(cell):
            # no column takes it, and in none it may become another number
            texts[index] = f"{cell}0"
    return texts


def _defused(cell: str) -> str:
    """Return the cell such that no program runs it, as far as whoever reads it finds the same."""
    if not cell.isascii():
        cell = _HALVES.sub("\N{REPLACEMENT CHARACTER}", cell)
    # between two apostrophes it would be a quotation
    reads_same = cell[:1] in ("=", "+", "-", "@") and not _APOSTROPHE.search(cell)
    return f"'{cell}" if reads_same and may_run(cell) else str(cell)
