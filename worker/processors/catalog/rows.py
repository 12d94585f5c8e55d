"""Checking a row of a catalogue: every cell becomes a value that the table takes, or a fault that says what
is wrong.

Runs in the reading child.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any
from unicodedata import normalize

from common.catalog import COLUMNS, MAX_WHOLE, PRICE_DECIMALS, PRICE_DIGITS, Column, ColumnType
from worker.processors.catalog.copy_text import NULL, escape
from worker.readers.table import CellError, Fault, FileRefused, Notice, Row

#: Takes the clean text of a cell that is not empty; returns the COPY value or the fault.
CellParser = Callable[[str], str | Fault]

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_NUMBER = re.compile(r"([+-]?)([0-9]+)(?:[.,]([0-9]+))?")
_TRUE = frozenset({"true", "1", "si", "sí", "yes", "verdadero"})
_FALSE = frozenset({"false", "0", "no", "falso"})
_SHOWN_CHARACTERS = 40
_PRICE_WHOLE_DIGITS = PRICE_DIGITS - PRICE_DECIMALS
_PRICE_LIMIT = "9" * _PRICE_WHOLE_DIGITS + "." + "9" * PRICE_DECIMALS


def make_checker(header: Sequence[str]) -> "CatalogChecker":
    """Return the check for rows under this header.

    Raises:
        FileRefused: a required column is missing, or a column stands there twice.
    """
    return CatalogChecker(header)


class CatalogChecker:
    """Checks the rows under one header (a `Checker`)."""

    def __init__(self, header: Sequence[str]) -> None:
        self._positions = _find_columns(header)
        self._plan = [(column, self._positions.get(column.name), _parser(column)) for column in COLUMNS]
        self._width = len(header)
        self.columns: list[dict[str, Any]] = []

    def survey(self, row: Row) -> None:
        """Look for what only shows in many rows."""

    def notices(self) -> list[Notice]:
        """Return warnings about the file as a whole."""
        return []

    def check(self, cells: Sequence[str]) -> tuple[list[str], bytes] | list[Fault]:
        """Return the keys and the COPY line of a row, or its faults."""
        width = self._width
        if len(cells) != width and (len(cells) < width or any(cell.strip() for cell in cells[width:])):
            return [_fault("row_shape", found=len(cells), expected=width)]
        missing: list[str] = []
        faults: list[Fault] = []
        values: list[str] = []
        for column, position, parse in self._plan:
            cell = "" if position is None else cells[position]
            text = _clean(cell)
            if text:
                value = _cell_error(column, cell) if isinstance(cell, CellError) else parse(text)
                values.append(value) if isinstance(value, str) else faults.append(value)
            elif column.required:
                missing.append(column.name)
            else:
                values.append(_default(column))
        if missing:
            faults.insert(0, _fault("required_missing", columns=missing))
        if faults:
            return faults
        keys = [_clean(cells[self._positions["id"]]), _clean(cells[self._positions["codigo"]])]
        return keys, "\t".join(values).encode()


def _find_columns(header: Sequence[str]) -> dict[str, int]:
    names = [normalize("NFC", cell).strip().lower() for cell in header]
    known = [column.name for column in COLUMNS if column.name in names]
    repeated = [name for name in known if names.count(name) > 1]
    if repeated:
        raise FileRefused("repeated_columns", columns=repeated)
    missing = [column.name for column in COLUMNS if column.required and column.name not in known]
    if missing:
        raise FileRefused("missing_columns", columns=missing)
    return {name: names.index(name) for name in known}


def _clean(cell: str) -> str:
    """Return the text without space around it and in one Unicode form, so that equal keys are equal."""
    text = cell.strip()
    return text if text.isascii() else normalize("NFC", text)


def _cell_error(column: Column, cell: CellError) -> Fault:
    return _fault("cell_error", column=column.name, value=_shown(cell))


def _default(column: Column) -> str:
    return NULL if column.default is None else str(column.default).lower()


def _parser(column: Column) -> CellParser:
    if column.type is ColumnType.TEXT:
        return _text_parser(column.name, column.limit or 0)
    if column.type is ColumnType.PRICE:
        return lambda text: _parse_price(column.name, text)
    if column.type is ColumnType.WHOLE:
        return lambda text: _parse_whole(column.name, text)
    return lambda text: _parse_boolean(column.name, text)


def _text_parser(column: str, limit: int) -> CellParser:
    def parse(text: str) -> str | Fault:
        if not text.isprintable() and _CONTROL.search(text):
            return _fault("control_character", column=column)
        if len(text) > limit:
            return _fault("too_long", column=column, length=len(text), limit=limit)
        return escape(text)

    return parse


def _parse_price(column: str, text: str) -> str | Fault:
    match = _NUMBER.fullmatch(text)
    if match is None:
        return _fault("not_a_number", column=column, value=_shown(text))
    sign, whole, decimals = match[1], match[2].lstrip("0"), (match[3] or "").rstrip("0")
    if sign == "-" and (whole or decimals):
        return _fault("negative", column=column, value=_shown(text))
    if len(decimals) > PRICE_DECIMALS:
        return _fault("too_many_decimals", column=column, value=_shown(text), limit=PRICE_DECIMALS)
    if len(whole) > _PRICE_WHOLE_DIGITS:
        return _fault("too_large", column=column, value=_shown(text), limit=_PRICE_LIMIT)
    return f"{whole or '0'}.{decimals or '0'}"


def _parse_whole(column: str, text: str) -> str | Fault:
    match = _NUMBER.fullmatch(text)
    if match is None:
        return _fault("not_a_number", column=column, value=_shown(text))
    sign, whole, decimals = match[1], match[2].lstrip("0"), (match[3] or "").rstrip("0")
    if decimals:
        return _fault("not_whole", column=column, value=_shown(text))
    if sign == "-" and whole:
        return _fault("negative", column=column, value=_shown(text))
    # the length first: turning a text of thousands of digits into a number takes its time
    if len(whole) > len(str(MAX_WHOLE)) or int(whole or "0") > MAX_WHOLE:
        return _fault("too_large", column=column, value=_shown(text), limit=MAX_WHOLE)
    return whole or "0"


def _parse_boolean(column: str, text: str) -> str | Fault:
    lowered = text.lower()
    if lowered in _TRUE:
        return "true"
    if lowered in _FALSE:
        return "false"
    return _fault("not_boolean", column=column, value=_shown(text))


def _shown(text: str) -> str:
    """Return a cell's text short enough for a sentence, and without what PostgreSQL or a terminal could
    choke on."""
    harmless = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)
    return harmless if len(harmless) <= _SHOWN_CHARACTERS else harmless[: _SHOWN_CHARACTERS - 1] + "…"


def _fault(code: str, **params: Any) -> Fault:
    return {"code": code, "params": params}
