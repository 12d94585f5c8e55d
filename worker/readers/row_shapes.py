"""Rows of a plain sheet: the pattern that each of them must match, and quicker ones for rows that are written
like others before them.

In most sheets nearly all rows differ in nothing but their numbers and texts. A pattern made from one of them
matches nothing that the pattern for any row would not match too, at a third of the time.
"""

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from worker.readers.sheet import check_column, column_number

#: Rows before which it is not worth while to make patterns, and rows that are then looked at for that.
_PATIENCE = 1000
_LOOKED_AT = 1000
#: Patterns to try on each row.
_MOST_SHAPES = 8
_LONGEST_BYTES = 16 * 1024

_REF = re.compile(rb'<c r="([A-Z]+[0-9]+)"')
_HIDDEN = re.compile(rb'\shidden="(?:1|true)"')
_REFERS = b' t="s"'
_CELL = re.compile(rb'<c r="([A-Z]+)[0-9]+"([^<>]*+)>(?:(<v>[0-9]{1,8}</v>)?(</c>))?')
_VARYING = re.compile(
    rb'(?P<row><row r=")[0-9]+"|(?P<cell><c r="[A-Z]+)[0-9]+"|(?P<reference> t="s"[^<>]*+><v>)[0-9]+'
    rb'|(?P<value><v>)[^<]+|(?P<text><t(?: xml:space="preserve")?>)[^<]*|(?P<formula><f>)[^<]*'
)
_VARIATIONS = {
    "row": rb'([0-9]{1,7}+)"', "cell": rb'\1"', "reference": rb"[0-9]{1,8}+", "value": rb"[^<]++",
    "text": rb"[^<]*+", "formula": rb"[^<]*+",
}  # fmt: skip


class NotPlain(Exception):
    """The sheet is written in a way that leaves room for more than one reading."""


class Shape(NamedTuple):
    """What a row holds: how many cells, the number of the last column (0 without cells), and the columns of
    those cells that only refer to a shared string."""

    cells: int
    columns: int
    references: tuple[int, ...]
    is_hidden: bool


class RowShapes:
    """Tells the shape of each row."""

    def __init__(self, speaking_styles: Iterable[int]) -> None:
        self._any_row = _row_pattern(speaking_styles)
        self._known: list[tuple[Callable[[bytes, int], re.Match[bytes] | None], Shape]] = []
        self._widths: dict[bytes, int] = {}
        self._met = 0
        self._patterns: set[bytes] = set()

    def match(self, text: bytes, place: int) -> re.Match[bytes] | None:
        """Return the match for the row at ``place``, its number being group 1; None where no plain row stands
        whole."""
        return self._any_row.match(text, place)

    def known_rows(
        self, text: bytes, place: int, last: int, end_for: Callable[[int, int], int]
    ) -> tuple[int, list[int], Shape | None]:
        """Return the place behind consecutive rows of one known shape, the first of which stands at
        ``place``, their numbers, and the shape; None where there is no such row.

        Only those count that come in order behind row ``last``, do not reach the end of the text, and come
        before the row that ``end_for`` gives for the first of them and its columns.
        """
        rows: list[int] = []
        for rank, (match, shape) in enumerate(self._known):
            end = 0
            while (found := match(text, place)) is not None:
                row, behind = int(found[1]), found.end()
                end = end or end_for(row, shape.columns)
                if not last < row < end or behind == len(text):
                    break
                rows.append(row)
                place, last = behind, row
            if rows:
                self._known.insert(0, self._known.pop(rank))
                return place, rows, shape
        return place, rows, None

    def shape_of(self, row: re.Match[bytes]) -> Shape:
        """Return the shape of a row that is not of a known one.

        Raises:
            NotPlain: a cell names another row, or refers to something that has no number.
            FileRefused: the cells are out of order, or lie where no sheet has any.
        """
        number, attributes, cells = row.groups()
        is_hidden = b"hidden" in attributes and _HIDDEN.search(attributes) is not None
        if not cells:
            return Shape(0, 0, (), is_hidden)
        # the letters of the row's cells: nearly always those of a row before
        letters = b"".join(_REF.findall(cells)).replace(number, b",")
        if letters not in self._widths:
            self._widths[letters] = _width(int(number), letters)
        references = _references(cells) if _REFERS in cells else ()
        shape = Shape(letters.count(b","), self._widths[letters], references, is_hidden)
        self._met += 1
        if _PATIENCE < self._met <= _PATIENCE + _LOOKED_AT and not is_hidden:
            self._learn(row[0].rstrip(), shape)
        return shape

    def _learn(self, row: bytes, shape: Shape) -> None:
        """Make a pattern of a row of which there was one like it before."""
        if len(self._known) == _MOST_SHAPES or len(row) > _LONGEST_BYTES:
            return
        pattern = _pattern_of(row)
        if pattern in self._patterns:
            self._known.append((re.compile(pattern).match, shape))
        self._patterns.add(pattern)


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


def _pattern_of(row: bytes) -> bytes:
    """Return a pattern for rows that differ from this one in their numbers and texts."""
    pattern, end = b"", 0
    for match in _VARYING.finditer(row):
        kind = match.lastgroup or ""
        pattern += re.escape(row[end : match.start()] + match[kind]) + _VARIATIONS[kind]
        end = match.end()
    return pattern + re.escape(row[end:]) + rb"\s*+"


def _width(row: int, letters: bytes) -> int:
    """Return the number of the last column; the columns must come in order, each cell name its own row."""
    names, last = letters.decode().split(","), 0
    if names.pop():
        raise NotPlain
    for name in names:
        if not name.isalpha():
            raise NotPlain
        column = column_number(name)
        check_column(row, column, last)
        last = column
    return last


def _references(cells: bytes) -> tuple[int, ...]:
    """Return the columns of the cells that refer to a shared string; those without a value refer to none.

    Raises:
        NotPlain: one refers to something else than a place among the strings.
    """
    columns = []
    for letters, attributes, value, end in _CELL.findall(cells):
        if _REFERS not in attributes:
            continue
        if attributes.count(b" t=") > 1 or not (end or attributes.endswith(b"/")):
            raise NotPlain
        if value:
            columns.append(column_number(letters.decode()))
    return tuple(columns)
