"""How a file was understood, in a size fit for the ledger.

It comes from the reading child: a hostile file may have a million columns, headers of a hundred thousand
characters, or what PostgreSQL does not take for text.
"""

from dataclasses import dataclass, field
from itertools import islice
from typing import Any

_TEXT_CHARACTERS = 300
_LIST_ENTRIES = 100
_NUL = "\x00"


@dataclass(frozen=True)
class Reading:
    """``columns``: how each was understood; ``notices``: warnings; ``facts``: encoding, sheet and so on;
    ``sample``: the first rows, ``{"fila": …, "cells": […]}``."""

    columns: list[dict[str, Any]] = field(default_factory=list)
    notices: list[dict[str, Any]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    sample: list[dict[str, Any]] = field(default_factory=list)

    def cut(self) -> "Reading":
        """Return it without what is too long. Columns that mean something go before those that are
        ignored."""
        known = [column for column in self.columns if column.get("column") is not None]
        shown = self.columns
        if len(shown) > _LIST_ENTRIES:
            ignored = (column for column in self.columns if column.get("column") is None)
            shown = known + list(islice(ignored, max(0, _LIST_ENTRIES - len(known))))
        return Reading(_cut(shown), _cut(self.notices), _cut(self.facts), _cut(self.sample))


def cut_params(params: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of a code without what is too long."""
    return {name: _cut(value) for name, value in params.items()}


def _cut(value: Any) -> Any:
    if isinstance(value, str):
        text = value.replace(_NUL, "\N{REPLACEMENT CHARACTER}")
        return text if len(text) <= _TEXT_CHARACTERS else text[: _TEXT_CHARACTERS - 1] + "…"
    if isinstance(value, list):
        return [_cut(entry) for entry in value[:_LIST_ENTRIES]]
    if isinstance(value, dict):
        return {name: _cut(entry) for name, entry in islice(value.items(), _LIST_ENTRIES)}
    return value
