"""Recognising a sheet of the kind that nearly all programs write, quickly: about ten times the speed of an
XML parser.

It is a whitelist. Every byte of every row must match one pattern that has no room for what the fast parser
gets wrong (an error in a cell, a formula without a result, a number that is shown as something else) or for
what two parsers could take differently (prefixes, comments, another order of attributes, rows without a
number). Whatever is written in another way is simply not plain, and goes to the exact scan.

What has been found plain is handed on in parts, each of whole rows, so that nobody has to hold the sheet.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from worker.readers.row_shapes import NotPlain, RowShapes, Shape
from worker.readers.sheet import Sheet, check_row

_HEAD = re.compile(rb"(?:\xef\xbb\xbf)?(?:<\?xml[^>]*+>)?\s*+<worksheet\s")
_DATA = b"<sheetData>"
_DATA_END = b"</sheetData>"
_HIDDEN = re.compile(rb'\shidden="(?:1|true)"')
_COLUMN = re.compile(rb"<col\s[^>]*+>")
_SPAN = re.compile(rb'\s(min|max)="([0-9]{1,5})"')
_MERGED = re.compile(rb'<mergeCell\s+ref="([A-Z0-9:$]++)"')
#: No row of an honest sheet is longer, nor anything that stands before the rows.
_LONGEST_BYTES = 1024 * 1024
#: Links of a full sheet stand there.
_LONGEST_TAIL_BYTES = 64 * 1024 * 1024
#: A part, more or less: enough rows for what comes with each part not to matter.
PART_BYTES = 1024 * 1024
#: Cells of the rectangle around the rows of a part, empty ones included.
PART_AREA = 250_000


class SheetPart(NamedTuple):
    """Consecutive rows of a plain sheet, as they are written.

    ``head`` and ``tail``: what stands before the first and behind the last row of the sheet, the latter only
    with the last part, which has no rows; ``references``: by the columns of cells that only refer to a shared
    string, the numbers of the rows with just those.
    """

    head: bytes
    rows: bytes = b""
    tail: bytes = b"</worksheet>"
    references: Mapping[tuple[int, ...], list[int]] = MappingProxyType({})


def _ignore(part: SheetPart) -> None:
    pass


def scan_plain(
    pieces: Iterable[bytes],
    speaking_styles: Iterable[int],
    take: Callable[[SheetPart], None] = _ignore,
    part_bytes: int = PART_BYTES,
) -> Sheet | None:
    """Return what the sheet holds, or None where it is not plain. ``take`` is given the parts that are, even
    if the end of the sheet is not.

    Raises:
        FileRefused: its rows or cells are out of order, or lie where no sheet has any.
    """
    sheet = Sheet()
    text = _Text(iter(pieces))
    try:
        head = _scan_head(sheet, text)
        _scan_rows(sheet, text, RowShapes(speaking_styles), _Parts(head, take, part_bytes))
        take(SheetPart(head, tail=_scan_tail(sheet, text)))
    except NotPlain:
        return None
    return sheet


class _Text:
    """The part of the XML that is at hand, which grows at its end and shrinks at its beginning."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.at_hand = b""
        self._pieces = pieces

    def more(self, start: int) -> bool:
        """Forget what stands before ``start`` and add a piece; return whether there was one.

        Raises:
            NotPlain: what is looked at as one is longer than anything in an honest sheet.
        """
        self.at_hand = self.at_hand[start:]
        if len(self.at_hand) > _LONGEST_BYTES:
            raise NotPlain
        for piece in self._pieces:
            if piece:
                self.at_hand += piece
                return True
        return False


class _Parts:
    """Gathers rows until they are a part."""

    def __init__(self, head: bytes, take: Callable[[SheetPart], None], part_bytes: int) -> None:
        self._head = head
        self._take = take
        self._part_bytes = part_bytes
        self._begin()

    def _begin(self) -> None:
        self._rows: list[bytes] = []
        self._bytes = 0
        self._references: defaultdict[tuple[int, ...], list[int]] = defaultdict(list)
        self._first = self._columns = 0

    def end_for(self, row: int, columns: int) -> int:
        """Return the number of the first row that no longer fits in, as to the rectangle around the cells,
        with one that is so wide."""
        return (self._first or row) + max(1, PART_AREA // max(1, columns, self._columns))

    def take_note(self, rows: Sequence[int], shape: Shape) -> None:
        """Take note of the numbers of rows that are to be added."""
        self._first = self._first or rows[0]
        self._columns = max(self._columns, shape.columns)
        if shape.references:
            self._references[shape.references] += rows

    def add(self, rows: bytes, *, ends: bool = False) -> None:
        """Add rows as they are written; the part ends with them if it is long enough or is to."""
        self._rows.append(rows)
        self._bytes += len(rows)
        if self._bytes and (ends or self._bytes >= self._part_bytes):
            self._take(SheetPart(self._head, b"".join(self._rows), references=self._references))
            self._begin()


def _scan_head(sheet: Sheet, text: _Text) -> bytes:
    place = -1
    while place < 0:
        if not text.more(0):
            raise NotPlain
        place = text.at_hand.find(_DATA)
    head = text.at_hand[:place]
    if _HEAD.match(head) is None or b"<!" in head:
        raise NotPlain
    for column in _COLUMN.findall(head):
        span = dict(_SPAN.findall(column))
        if _HIDDEN.search(column) and len(span) == 2:
            sheet.hide_columns(int(span[b"min"]), int(span[b"max"]))
    text.at_hand = text.at_hand[place + len(_DATA) :].lstrip()
    return head


def _scan_rows(sheet: Sheet, text: _Text, shapes: RowShapes, parts: _Parts) -> None:
    place = cut = last = 0
    while True:
        behind, rows, shape = shapes.known_rows(text.at_hand, place, last, parts.end_for)
        if shape is None:
            match = shapes.match(text.at_hand, place)
            if match is None and text.at_hand.startswith(_DATA_END, place):
                break
            if match is None or match.end() == len(text.at_hand):
                parts.add(text.at_hand[cut:place])
                if not text.more(place):
                    raise NotPlain
                place = cut = 0
                continue
            row = int(match[1])
            check_row(row, last)
            behind, rows, shape = match.end(), [row], shapes.shape_of(match)
            if row >= parts.end_for(row, shape.columns):
                parts.add(text.at_hand[cut:place], ends=True)
                cut = place
        place, last = behind, rows[-1]
        if shape.cells:
            sheet.add_rows(rows, shape.cells, shape.columns, is_hidden=shape.is_hidden)
            parts.take_note(rows, shape)
    parts.add(text.at_hand[cut:place], ends=True)
    text.at_hand = text.at_hand[place + len(_DATA_END) :]


def _scan_tail(sheet: Sheet, text: _Text) -> bytes:
    tail = text.at_hand
    going_on = True
    while going_on:
        end = 0
        for match in _MERGED.finditer(text.at_hand):
            sheet.merge(match[1].decode())
            end = match.end()
        # a tag that is cut off stays at hand
        text.at_hand = text.at_hand[max(end, len(text.at_hand) - 100) :]
        seen = len(text.at_hand)
        going_on = text.more(0)
        tail += text.at_hand[seen:]
        if len(tail) > _LONGEST_TAIL_BYTES:
            raise NotPlain
    return tail
