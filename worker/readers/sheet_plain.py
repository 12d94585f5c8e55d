"""Recognising a sheet of the kind that nearly all programs write, quickly: about four times the speed of an
XML parser.

It is a whitelist. Every byte of every row must match one pattern that has no room for what the fast parser
gets wrong (an error in a cell, a formula without a result, a number that is shown as something else) or for
what two parsers could take differently (prefixes, comments, another order of attributes, rows without a
number). Whatever is written in another way is simply not plain, and goes to the exact scan.
"""

import re
from collections.abc import Iterable, Iterator

from worker.readers.sheet import Sheet, check_column, check_row, column_number

_HEAD = re.compile(rb"(?:\xef\xbb\xbf)?(?:<\?xml[^>]*+>)?\s*+<worksheet\s")
_DATA = b"<sheetData>"
_DATA_END = b"</sheetData>"
_REF = re.compile(rb'<c r="([A-Z]+[0-9]+)"')
_HIDDEN = re.compile(rb'\shidden="(?:1|true)"')
_COLUMN = re.compile(rb"<col\s[^>]*+>")
_SPAN = re.compile(rb'\s(min|max)="([0-9]{1,5})"')
_MERGED = re.compile(rb'<mergeCell\s+ref="([A-Z0-9:$]++)"')
#: No row of an honest sheet is longer, nor anything that stands before the rows.
_LONGEST_BYTES = 1024 * 1024


class _NotPlain(Exception):
    pass


def scan_plain(pieces: Iterable[bytes], speaking_styles: Iterable[int]) -> Sheet | None:
    """Return what the sheet holds, or None where it is not plain.

    Raises:
        FileRefused: its rows or cells are out of order, or lie where no sheet has any.
    """
    sheet = Sheet()
    text = _Text(iter(pieces))
    try:
        _scan_head(sheet, text)
        _scan_rows(sheet, text, _row_pattern(speaking_styles))
        _scan_tail(sheet, text)
    except _NotPlain:
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
            _NotPlain: what is looked at as one is longer than anything in an honest sheet.
        """
        self.at_hand = self.at_hand[start:]
        if len(self.at_hand) > _LONGEST_BYTES:
            raise _NotPlain
        for piece in self._pieces:
            if piece:
                self.at_hand += piece
                return True
        return False


def _row_pattern(speaking_styles: Iterable[int]) -> re.Pattern[bytes]:
    speaking = b"|".join(b'%d"' % style for style in sorted(speaking_styles)) or b"$"
    attributes = (
        rb'(?: s="(?!' + speaking + rb')[0-9]++"| t="(?:n|b|d|s|str|inlineStr)"| (?:cm|vm|ph)="[0-9]++")*+'
    )
    formula = rb'(?:<f(?: \w++="[^"<>]*+")*+(?:\s?/>|>[^<]*+</f>))?+'
    inline = rb'<is><t(?: xml:space="preserve")?(?:\s?/>|>[^<]*+</t>)</is>'
    empty_text = rb'(?=[^<>]*? t="str")' + attributes + rb">" + formula + rb"(?:<v></v>|<v\s?/>)</c>"
    # where nothing is shown, no style makes anything of it
    empty = rb' s="[0-9]++"(?:\s?/>|></c>)'
    cell = (
        rb'<c r="[A-Z]{1,3}[0-9]{1,7}"(?:' + attributes + rb"(?:\s?/>|></c>"
        rb"|>" + formula + rb"<v>[^<]++</v></c>"
        rb"|>" + inline + rb"</c>)|" + empty_text + rb"|" + empty + rb")"
    )
    return re.compile(
        rb'<row r="([0-9]{1,7})"((?: [\w:]++="[^"<>&]*+")*+)(?:\s?/>|>((?:' + cell + rb")*+)</row>)\s*+"
    )


def _scan_head(sheet: Sheet, text: _Text) -> None:
    place = -1
    while place < 0:
        if not text.more(0):
            raise _NotPlain
        place = text.at_hand.find(_DATA)
    head = text.at_hand[:place]
    if _HEAD.match(head) is None or b"<!" in head:
        raise _NotPlain
    for column in _COLUMN.findall(head):
        span = dict(_SPAN.findall(column))
        if _HIDDEN.search(column) and len(span) == 2:
            sheet.hide_columns(int(span[b"min"]), int(span[b"max"]))
    text.at_hand = text.at_hand[place + len(_DATA) :].lstrip()


def _scan_rows(sheet: Sheet, text: _Text, pattern: re.Pattern[bytes]) -> None:
    widths: dict[bytes, int] = {}
    place = last = 0
    while not text.at_hand.startswith(_DATA_END, place):
        match = pattern.match(text.at_hand, place)
        if match is None or match.end() == len(text.at_hand):
            if not text.more(place):
                raise _NotPlain
            place = 0
            continue
        place = match.end()
        number, attributes, cells = match.groups()
        row = int(number)
        check_row(row, last)
        last = row
        if not cells:
            continue
        # the letters of the row's cells: nearly always those of the row before
        letters = b"".join(_REF.findall(cells)).replace(number, b",")
        if letters not in widths:
            widths[letters] = _width(row, letters)
        sheet.rows, sheet.columns = row, max(sheet.columns, widths[letters])
        sheet.count_cells(letters.count(b","))
        sheet.filled_rows += 1
        if b"hidden" in attributes and _HIDDEN.search(attributes):
            sheet.hide_row(row)
    text.at_hand = text.at_hand[place + len(_DATA_END) :]


def _width(row: int, letters: bytes) -> int:
    """Return the number of the last column; the columns must come in order, each cell name its own row."""
    names, last = letters.decode().split(","), 0
    if names.pop():
        raise _NotPlain
    for name in names:
        if not name.isalpha():
            raise _NotPlain
        column = column_number(name)
        check_column(row, column, last)
        last = column
    return last


def _scan_tail(sheet: Sheet, text: _Text) -> None:
    going_on = True
    while going_on:
        end = 0
        for match in _MERGED.finditer(text.at_hand):
            sheet.merge(match[1].decode())
            end = match.end()
        # a tag that is cut off stays at hand
        going_on = text.more(max(end, len(text.at_hand) - 100))
