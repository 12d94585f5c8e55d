"""Faults that an error file cannot show: a row with too many cells is as wide as any other there, and stray
quotes stand where they should.

So the reason of such a row ends in a mark that tells the faults, and what the row's cells were. As long as
they are the same, the row has not been mended, and has the same faults still; once they differ, it is judged
by what it is.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from urllib.parse import parse_qsl, urlencode

from worker.readers.table import Fault

#: What is wrong with how a row is written, not with what it says.
OF_WRITING = frozenset(
    {"row_shape", "stray_quote", "row_encoding", "row_beside_fragment", "control_character", "lone_surrogate"}
)
_MARK = re.compile(r" \[((?:[a-z_]+ [^ \[\]]* )+)#([0-9a-f]{8})\]\Z")
_LONGEST_MARK = 2000


def mark(faults: Iterable[Fault], cells: Iterable[str]) -> str:
    """Return the mark of a row, to be put behind its reason."""
    told = "".join(f"{fault['code']} {_query(fault)} " for fault in faults)
    return f" [{told}#{_print_of(cells)}]"


def unmended_faults(reason: str, cells: Iterable[str]) -> list[Fault]:
    """Return the faults that a row still has, by the mark behind its reason; none where there is no mark, or
    the row is another now."""
    match = _MARK.search(reason, max(0, len(reason) - _LONGEST_MARK)) if reason.endswith("]") else None
    if match is None or match[2] != _print_of(cells):
        return []
    words: Sequence[str] = match[1].split(" ")
    return [
        {
            "code": code,
            "params": {name: _value(text) for name, text in parse_qsl(query, keep_blank_values=True)},
        }
        for code, query in zip(words[::2], words[1::2], strict=False)
    ]


def _query(fault: Fault) -> str:
    params = fault.get("params", {})
    return urlencode({name: value for name, value in params.items() if isinstance(value, str | int)})


def _value(text: str) -> str | int:
    return int(text) if text.isdecimal() and len(text) < 10 else text


def _print_of(cells: Iterable[str]) -> str:
    """Return what tells these cells from others; neither the apostrophe before a text counts, nor what is
    blank."""
    texts = [" ".join(cell.split()).removeprefix("'") for cell in cells]
    while texts and not texts[-1]:
        texts.pop()
    return hashlib.sha256("\x00".join(texts).encode("utf-8", "replace")).hexdigest()[:8]
