"""Finding out what a sheet holds by reading all of its XML, however it is written."""

import re
from collections.abc import Iterable
from xml.parsers import expat

from worker.readers.sheet import (
    MAX_CELL_BYTES,
    Sheet,
    check_column,
    check_row,
    column_letters,
    column_number,
)
from worker.readers.table import FileRefused

#: Real sheets come to about ten.
MAX_DEPTH = 64
#: Formulas without results that are told one by one.
_MAX_UNVALUED = 100_000
_REF = re.compile(r"([A-Z]{1,7})([0-9]{1,10})")
_NUMBER = re.compile(r"[0-9]{1,10}")
_TRUE = ("1", "true")
_ROWS = frozenset(
    f"{namespace}}}row"
    for namespace in (
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        "http://purl.oclc.org/ooxml/spreadsheetml/main",
    )
)
_IN_ROW = ("c", "extLst")
_ROW_DEPTH, _CELL_DEPTH, _VALUE_DEPTH = 3, 4, 5


def scan_exactly(pieces: Iterable[bytes]) -> Sheet:
    """Return what the sheet holds; it is not plain.

    Raises:
        FileRefused: it is damaged, nested absurdly deep, out of order, or has cells where no sheet has any.
    """
    scan = _Scan()
    try:
        for piece in pieces:
            scan.parser.Parse(piece, False)
        scan.parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise FileRefused("file_unreadable", format="XLSX") from error
    return scan.sheet


class _Scan:
    """What is known so far, at some place in the XML."""

    def __init__(self) -> None:
        self.sheet = Sheet(is_plain=False)
        self.parser = expat.ParserCreate(namespace_separator="}")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype
        self._depth = 0
        self._row = self._column = 0
        self._row_is_hidden = self._row_has_cells = False
        self._in_row = self._in_cell = False
        self._type = ""
        self._has_formula = self._has_value = False
        self._length = 0

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise FileRefused("xlsx_too_deep", limit=MAX_DEPTH)
        tag = name.rpartition("}")[2]
        self._check_place(name, tag)
        if tag == "c" and self._depth == _CELL_DEPTH:
            self._start_cell(attributes)
        elif tag == "row" and self._depth == _ROW_DEPTH:
            self._start_row(attributes)
        elif self._in_cell:
            self._start_in_cell(tag)
        elif tag == "mergeCell":
            self.sheet.merge(attributes.get("ref", ""))
        elif tag == "col" and attributes.get("hidden") in _TRUE:
            self._hide_columns(attributes)

    def _check_place(self, name: str, tag: str) -> None:
        """Refuse rows and cells where none belong: the careful parser takes them wherever they stand, and
        whatever stands in a row for a cell."""
        if name in _ROWS and self._depth != _ROW_DEPTH:
            raise FileRefused("file_unreadable", format="XLSX")
        if self._in_row and self._depth == _CELL_DEPTH and tag not in _IN_ROW:
            raise FileRefused("file_unreadable", format="XLSX")

    def _start_row(self, attributes: dict[str, str]) -> None:
        number = attributes.get("r")
        row = self._row + 1 if number is None else _whole(number)
        check_row(row, self._row)
        self._row, self._column, self._in_row = row, 0, True
        self._row_is_hidden, self._row_has_cells = attributes.get("hidden") in _TRUE, False

    def _start_cell(self, attributes: dict[str, str]) -> None:
        place = attributes.get("r")
        column = self._column + 1
        if place is not None:
            match = _REF.fullmatch(place)
            if match is None or int(match[2]) != self._row:
                raise FileRefused("xlsx_disordered", row=self._row)
            column = column_number(match[1])
        check_column(self._row, column, self._column)
        self._column = column
        self._in_cell, self._type = True, attributes.get("t", "n")
        self._has_formula = self._has_value = False
        self._length = 0
        self.sheet.count_cells(1)

    def _start_in_cell(self, tag: str) -> None:
        if tag == "f":
            self._has_formula = True
        elif tag in ("v", "is"):
            self._has_value = self._type in ("str", "inlineStr")
            self._length = 0

    def _text(self, text: str) -> None:
        if self._in_cell and self._depth >= _VALUE_DEPTH:
            self._length += len(text)
            if self._length > MAX_CELL_BYTES:
                cell = f"{column_letters(self._column)}{self._row}"
                raise FileRefused("xlsx_cell_too_long", cell=cell, limit=MAX_CELL_BYTES)

    def _end(self, name: str) -> None:
        if self._in_cell and self._depth == _CELL_DEPTH:
            self._end_cell()
        elif self._in_cell and self._depth == _VALUE_DEPTH:
            # the formula comes before the value, and its text is none
            tag = name.rpartition("}")[2]
            if tag in ("v", "is"):
                self._has_value = self._has_value or self._length > 0
            elif tag == "f":
                self._length = 0
        elif self._depth == _ROW_DEPTH:
            self._end_row()
        self._depth -= 1

    def _end_row(self) -> None:
        if self._row_has_cells:
            self.sheet.filled_rows += 1
            if self._row_is_hidden:
                self.sheet.hide_row(self._row)
        self._in_row = self._row_has_cells = False

    def _end_cell(self) -> None:
        self._in_cell = False
        if not (self._has_value or self._has_formula):
            return
        self.sheet.rows, self.sheet.columns = self._row, max(self.sheet.columns, self._column)
        self._row_has_cells = True
        if not self._has_value:
            self._add_unvalued()

    def _add_unvalued(self) -> None:
        self.sheet.unvalued.add((self._row, self._column))
        if len(self.sheet.unvalued) > _MAX_UNVALUED:
            raise FileRefused("xlsx_without_values")

    def _hide_columns(self, attributes: dict[str, str]) -> None:
        self.sheet.hide_columns(_whole(attributes.get("min", "0")), _whole(attributes.get("max", "0")))

    def _refuse_doctype(self, *_: object) -> None:
        raise FileRefused("xlsx_entities")


def _whole(text: str) -> int:
    if _NUMBER.fullmatch(text) is None:
        raise FileRefused("file_unreadable", format="XLSX")
    return int(text)
