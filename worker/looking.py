"""Checkers for looking at a file instead of importing it: each row comes back as it was read, and beside it
what an import would find wrong with it.

Runs in the reading child.
"""

import importlib
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from worker.processors import PROCESSORS
from worker.readers.table import Checker, CheckerFactory, Notice, PlainRows, Row, Verdict

_SURROGATE = re.compile("[\ud800-\udfff]")
_encoder = msgspec.json.Encoder()


def at_table(header: Sequence[str]) -> "LookingChecker":
    """Return what takes any table for what it is."""
    return LookingChecker(header, None)


def at_catalogue(header: Sequence[str]) -> "LookingChecker":
    """Return what sees a catalogue in the file.

    Raises:
        FileRefused: the header is none of a catalogue.
    """
    module, _, function = PROCESSORS["catalog"].checker.partition(":")
    factory: CheckerFactory = getattr(importlib.import_module(module), function)
    return LookingChecker(header, factory(header))


class LookingChecker:
    """Gives every row's cells as its keys, and as its line the faults that ``checker`` finds, in JSON
    (nothing where there are none)."""

    def __init__(self, header: Sequence[str], checker: Checker | None) -> None:
        self._checker = checker
        understood = {column["place"]: column for column in checker.columns} if checker else {}
        unread: dict[str, Any] = {"column": None, "how": "ignored" if checker else "raw"}
        self.columns = [
            {**unread, **understood.get(place, {}), "header": _sendable(cell), "place": place}
            for place, cell in enumerate(header, start=1)
        ]

    def survey(self, row: Row) -> None:
        if self._checker:
            self._checker.survey(row)

    def survey_all(self, rows: PlainRows) -> None:
        if self._checker:
            self._checker.survey_all(rows)

    def notices(self) -> list[Notice]:
        return self._checker.notices() if self._checker else []

    def check_all(self, rows: PlainRows) -> list[Verdict]:
        return [self.check(cells) for cells in rows.cells]

    def check(self, cells: Sequence[str]) -> Verdict:
        verdict = self._checker.check(cells) if self._checker else None
        line = _encoder.encode(verdict) if isinstance(verdict, list) else b""
        return list(map(_sendable, cells)), line


def _sendable(cell: str) -> str:
    """Return the text as a plain one; half of a surrogate pair, which no encoding takes, as what cannot be
    shown."""
    return str(cell) if cell.isascii() else _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", cell)
