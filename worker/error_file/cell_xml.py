"""A cell of a workbook as XML, such that a reader of workbooks finds in it what was in the original's."""

import math
import re

from worker.error_file.raw_cells import RawCell
from worker.readers.table import CellError, FormulaWithoutValue, SheetNumber

#: More than this Excel calls damage. No column of a catalogue takes as much.
LONGEST_TEXT = 32_767
#: What XML cannot hold, or hands on as something else, and what would read as the writing of such.
_UNSAFE = re.compile("[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
#: What is no character at all: the fast parser leaves the writing of it as it stands.
_NO_CHARACTER = re.compile("[\ud800-\udfff\ufffe\uffff]")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


def cell_xml(place: str, text: str, style: int = 0, raw: RawCell | None = None, formula: str = "NA()") -> str:
    """Return the cell at ``place`` (such as "B7") that reads as ``text``; "" for one that is empty and looks
    like nothing.

    ``raw``: the original's, under ``style``, of which the number behind the text is taken; ``formula``: what
    stands in a cell without a result.
    """
    start = f'<c r="{place}" s="{style}"' if style else f'<c r="{place}"'
    if text.__class__ is str or isinstance(text, SheetNumber):
        if not text:
            return f"{start}/>" if style else ""
        if raw is not None and (typed := _typed(raw)):
            return f"{start}{typed}"
        if isinstance(text, SheetNumber):
            return f"{start}><v>{text}</v></c>"
        return f"{start}{_inline(text)}"
    if isinstance(text, FormulaWithoutValue):
        return f"{start}><f>{escape(formula)}</f></c>"
    if isinstance(text, CellError):
        return f'{start} t="e"><v>{escape(text)}</v></c>'
    return f"{start}{_inline(text)}"


def number_xml(place: str, number: int) -> str:
    """Return a cell with a number."""
    return f'<c r="{place}"><v>{number}</v></c>'


def escape(text: str) -> str:
    """Return the text for XML, what that cannot hold in the way of spreadsheets: ``_x0001_``."""
    return _UNSAFE.sub(_written, text) if _UNSAFE.search(text) else text


def legal(text: str) -> str:
    """Return the text without what XML cannot hold."""
    return _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text)


def _typed(raw: RawCell) -> str:
    """Return the rest of a cell with the number, or truth value, of the original; "" where that is
    neither."""
    value = raw.value.strip()
    if raw.type == "n" and _NUMBER.fullmatch(value) and math.isfinite(float(value)):
        return f"><v>{value}</v></c>"
    if raw.type == "b" and value in ("0", "1"):
        return f' t="b"><v>{value}</v></c>'
    return ""


def _inline(text: str) -> str:
    if len(text) > LONGEST_TEXT // 2:
        text = _cut(text)
    written = f'<t xml:space="preserve">{escape(text)}</t>'
    # formatted text is for the careful parser, which sees what the fast one does not
    return f' t="inlineStr"><is>{f"<r>{written}</r>" if _NO_CHARACTER.search(text) else written}</is></c>'


def _cut(text: str) -> str:
    """Return as much of the text as Excel takes, which counts as UTF-16 does."""
    units = text.encode("utf-16-le", "surrogatepass")
    if len(units) <= 2 * LONGEST_TEXT:
        return text
    # what is left of a pair that was cut apart goes
    return units[: 2 * LONGEST_TEXT].decode("utf-16-le", "ignore")


def _written(match: re.Match[str]) -> str:
    character = match[0]
    return _ENTITIES.get(character) or f"_x{ord(character):04X}_"
