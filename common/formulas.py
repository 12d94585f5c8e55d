"""Texts in a file that a spreadsheet program opens: shown, never run."""

import re
from typing import Final

#: What begins a formula, in the wide forms of East Asia too; white space that programs drop in front of one.
_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)*(?:[eE][+-]?[0-9]+)?%?")


def may_run(text: str) -> bool:
    """Return whether a spreadsheet program may take ``text`` for a formula; -12.50 it takes for a number."""
    return text.startswith(_STARTS) and _NUMBER.fullmatch(text) is None


def harmless(text: str) -> str:
    """Return ``text`` for a cell of a CSV file, marked as text by an apostrophe where it could be a formula.

    Whoever uploads the file again gets the text without it (docs/file-format.md).
    """
    return f"'{text}" if may_run(text) else text
