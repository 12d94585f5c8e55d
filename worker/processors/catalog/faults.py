"""Faults and notices as values, and what they show of a cell."""

import re
from typing import Any

from worker.readers.table import Fault, Notice

_SHOWN_CHARACTERS = 40
#: Control characters, halves of surrogate pairs, and what turns the direction of the text around it.
_HARMFUL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

_REFUSED = {
    "control_character": re.compile("[\x00-\x1f\x7f-\x9f]"),
    "lone_surrogate": re.compile("[\ud800-\udfff]"),
    "direction_character": re.compile("[\u202a-\u202e\u2066-\u2069]"),
}


def fault(code: str, **params: Any) -> Fault:
    """Return what is wrong with a row: a code, and what its sentence needs."""
    return {"code": code, "params": params}


def notice(code: str, **params: Any) -> Notice:
    """Return what is worth knowing of the file: a code, and what its sentence needs."""
    return {"code": code, "params": params}


def shown(text: str) -> str:
    """Return a cell's text short enough for a sentence, and without what PostgreSQL or a terminal could
    choke on."""
    harmless = _HARMFUL.sub("\N{REPLACEMENT CHARACTER}", text[: _SHOWN_CHARACTERS + 1])
    return harmless if len(harmless) <= _SHOWN_CHARACTERS else harmless[: _SHOWN_CHARACTERS - 1] + "…"


def harmful(column: str, text: str) -> Fault | None:
    """Return the fault of a clean text that holds what no text should: control characters, halves of
    surrogate pairs, characters that turn the direction of the text."""
    for code, pattern in _REFUSED.items():
        if found := pattern.search(text):
            return fault(code, column=column, value=shown(text), character=f"U+{ord(found[0]):04X}")
    return None
