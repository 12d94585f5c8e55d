"""The texts that the cells of a workbook share: few and short, or many cells of a long one are a bomb."""

import re
from array import array
from collections.abc import Iterable

from worker.readers.sheet import MAX_CELL_BYTES
from worker.readers.table import FileRefused

#: A million products with eight texts each that no other has.
MAX_STRINGS = 8_000_000
#: Text of all cells together, which a parser that copies it into each of them holds in memory.
MAX_TEXT_BYTES = 1 << 30
_END = re.compile(rb"</(?:\w+:)?si\s*+>|<(?:\w+:)?si\s*+/>")
_REFERENCE = re.compile(rb"""\bt=["']s["'][^<>]*+><(?:\w+:)?v>([0-9]{1,8})<""")
_LONGEST_TAG_BYTES = 64
_RUN_WITH_SPACE = re.compile(rb"<r>(?:<rPr>(?:(?!</rPr>).)*+</rPr>)?<t>(?:\s|[^<]*\s</t>)", re.DOTALL)
_LONGEST_RUN_BYTES = 1024


def string_lengths(pieces: Iterable[bytes]) -> "array[int]":
    """Return the length of each shared string, as bytes of XML.

    Raises:
        FileRefused: there are too many, or one is longer than a cell may be.
    """
    lengths: array[int] = array("I")
    at_hand = b""
    for piece in pieces:
        at_hand += piece
        start = 0
        for match in _END.finditer(at_hand):
            lengths.append(match.end() - start)
            start = match.end()
        at_hand = at_hand[start:]
        # formatted text has more tags than text
        if len(at_hand) > 4 * MAX_CELL_BYTES:
            raise FileRefused("xlsx_cell_too_long", cell="", limit=MAX_CELL_BYTES)
        if len(lengths) > MAX_STRINGS:
            raise FileRefused("xlsx_too_many_strings", limit=MAX_STRINGS)
    return lengths


def has_loose_spaces(pieces: Iterable[bytes]) -> bool:
    """Return whether a piece of formatted text begins or ends with a space that it does not declare to be
    part of it: the fast parser would join the words."""
    tail = b""
    for piece in pieces:
        if b"<r>" in piece and _RUN_WITH_SPACE.search(tail + piece):
            return True
        tail = piece[-_LONGEST_RUN_BYTES:]
    return False


def check_amplification(lengths: "array[int]", cells: int, sheet: Iterable[bytes]) -> None:
    """Raise FileRefused where the cells come to more text than an honest workbook holds.

    ``sheet`` is only looked at where the longest text in every cell would be too much.
    """
    if cells * max(lengths, default=0) <= MAX_TEXT_BYTES:
        return
    total, tail = 0, b""
    for piece in sheet:
        at_hand = tail + piece
        end = 0
        for match in _REFERENCE.finditer(at_hand):
            place, end = int(match[1]), match.end()
            total += lengths[place] if place < len(lengths) else 0
        tail = at_hand[max(end, len(at_hand) - _LONGEST_TAG_BYTES) :]
        if total > MAX_TEXT_BYTES:
            raise FileRefused("xlsx_bomb")
