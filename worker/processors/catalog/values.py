"""From the text of a cell to a value that the table takes, or a fault that says what is wrong.

Text is cleaned the same way in every column, the identifying ones above all: keys that look equal must be
equal. So composed and decomposed accents are one (NFC); runs of white space, non-breaking spaces, tabs and
line breaks are one space; zero-width characters, soft hyphens, byte order marks and left-to-right marks,
which no one sees, are dropped; curly quotes become straight ones; the apostrophe by which a spreadsheet marks
text is not part of it.

What makes a value look other than it is (control characters, bidirectional embeddings, overrides and
isolates, halves of surrogate pairs) is refused and not removed: the person saw something else than what would
be stored.
"""

import re
from collections.abc import Callable
from unicodedata import normalize

from common.catalog import MAX_WHOLE, PRICE_DECIMALS, PRICE_DIGITS, Column, ColumnType
from worker.processors.catalog.copy_text import NULL, escape
from worker.processors.catalog.faults import fault, harmful, shown
from worker.processors.catalog.numbers import Marks, read_number
from worker.readers.table import CellError, Fault, SheetNumber

#: Takes the clean text of a cell that is not empty; returns the COPY value or the fault.
CellParser = Callable[[str], str | Fault]

#: Takes a cell as it stands; returns None besides where a required one is empty.
CellReader = Callable[[str], str | Fault | None]

#: Products are told apart by these.
IDENTIFIERS = ("id", "codigo")

#: Columns whose cells are nearly all different, so that there is no use in remembering them.
_DISTINCT = frozenset({*IDENTIFIERS, "nombre", "precio_unitario", "certificado_sanitario"})
_REMEMBERED = 2000
_REMEMBERED_LENGTH = 200

_INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u2060-\u2064\ufeff\U000e0000-\U000e007f]")
#: Without the separators \x1c to \x1f and \x85, which are control characters that got in by mistake.
_SPACE = re.compile("[ \t\n\r\v\f\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
CURLY_QUOTES = re.compile("[‘’‚‛“”„‟]")
_QUOTES = str.maketrans(dict.fromkeys("‘’‚‛", "'") | dict.fromkeys("“”„‟", '"'))
#: An apostrophe before what a spreadsheet would take for a number or a formula, and that is no quotation.
_TEXT_MARK = re.compile(r"\A'(?=[0-9=+\-@])(?!.*'\Z)")

#: A number of a spreadsheet has a point before its decimals, whatever people write in the cells around it.
_OF_SPREADSHEETS = Marks("0.5")

_TRUE = frozenset({"true", "1", "si", "sí", "x", "yes", "verdadero"})
_FALSE = frozenset({"false", "0", "no", "falso"})
_PRICE_WHOLE_DIGITS = PRICE_DIGITS - PRICE_DECIMALS
#: What needs no thought; most prices are so.
EVEN_PRICE = re.compile(rf"[0-9]{{1,{_PRICE_WHOLE_DIGITS}}}(?:\.[0-9]{{1,{PRICE_DECIMALS}}})?")
_PRICE_LIMIT = "9" * _PRICE_WHOLE_DIGITS + "." + "9" * PRICE_DECIMALS
_WHOLE_DIGITS = len(str(MAX_WHOLE))
EVEN_WHOLE = re.compile(rf"[0-9]{{1,{_WHOLE_DIGITS - 1}}}")
#: How a spreadsheet, and nothing else, shows a large number.
_EXPONENT = re.compile(r"[0-9][.,]([0-9]+)E\+([0-9]{1,3})")


def clean(cell: str) -> str:
    """Return the text as it is kept."""
    text = cell.strip(" ")
    if text.isprintable() and "  " not in text:
        if not text.isascii():
            text = _compose(text)
    else:
        text = _compose(_SPACE.sub(" ", _INVISIBLE.sub("", text)).strip(" "))
    return _TEXT_MARK.sub("", text) if text[:1] == "'" else text


def _compose(text: str) -> str:
    try:
        # nothing in Latin-1 is decomposed or curly; to know that is much quicker than to look
        text.encode("latin-1")
    except UnicodeEncodeError:
        return normalize("NFC", text).translate(_QUOTES)
    return text


def default_of(column: Column) -> str:
    """Return the COPY value of an empty cell."""
    return NULL if column.default is None else str(column.default).lower()


def reader_of(column: Column, marks: Marks) -> CellReader:
    """Return what reads the cells of a column; ``marks`` is what its numbers have in common, and must be
    complete before the first cell is read."""
    parse, parse_number = _parser_of(column, marks), _parser_of(column, _OF_SPREADSHEETS)
    empty = None if column.required else default_of(column)

    def read(cell: str) -> str | Fault | None:
        if isinstance(cell, CellError):
            return fault(cell.code, column=column.name, value=shown(cell))
        text = clean(cell)
        if cell.__class__ is SheetNumber:
            return parse_number(text)
        return parse(text) if text else empty

    return read if column.name in _DISTINCT else _remembering(read)


def _remembering(read: CellReader) -> CellReader:
    """Return a reader that knows the values it has met before: most columns repeat a few."""
    known: dict[str, str] = {}

    def recall(cell: str) -> str | Fault | None:
        value = known.get(cell)
        # an error or a number of the spreadsheet equals the text that merely reads so
        if value is not None and cell.__class__ is str:
            return value
        answer = read(cell)
        if (
            isinstance(answer, str)
            and cell.__class__ is str
            and len(known) < _REMEMBERED
            and len(cell) <= _REMEMBERED_LENGTH
        ):
            known[cell] = answer
        return answer

    return recall


def _parser_of(column: Column, marks: Marks) -> CellParser:
    name = column.name
    if column.type is ColumnType.TEXT:
        return _text_parser(name, column.limit or 0, identifier=name in IDENTIFIERS)
    if column.type is ColumnType.PRICE:
        return lambda text: _parse_price(name, text, marks)
    if column.type is ColumnType.WHOLE:
        return lambda text: _parse_whole(name, text, marks)
    return lambda text: _parse_boolean(name, text)


def _text_parser(column: str, limit: int, *, identifier: bool) -> CellParser:
    def parse(text: str) -> str | Fault:
        if len(text) > limit:
            return harmful(column, text) or fault(
                "too_long", column=column, value=shown(text), length=len(text), limit=limit
            )
        if text.isprintable():
            if identifier and text[0] <= "9" and lost_to_exponent(text):
                return fault("identifier_exponent", column=column, value=shown(text))
            return text.replace("\\", r"\\") if "\\" in text else text
        return harmful(column, text) or escape(text)

    return parse


def lost_to_exponent(text: str) -> bool:
    """Return whether an identifier is a rounded number, such as ``1.23457E+12``.

    With fewer digits than its exponent asks for, many identifiers look like this one, and no one can tell
    which it was: two products would become one. ``1E12`` and ``1.5E3`` may be codes, and programs that write
    ``1.234567890123e+12`` write all the digits there are: those stay as they stand and are told in a warning.
    """
    match = _EXPONENT.fullmatch(text)
    return match is not None and len(match[1]) < int(match[2])


def _parse_price(column: str, text: str, marks: Marks) -> str | Fault:
    if EVEN_PRICE.fullmatch(text):
        return text
    number = read_number(column, text, marks, money=True)
    if isinstance(number, dict):
        return number
    negative, whole, decimals = number
    if negative and (whole or decimals):
        return fault("negative", column=column, value=shown(text))
    if len(decimals) > PRICE_DECIMALS:
        return fault("too_many_decimals", column=column, value=shown(text), limit=PRICE_DECIMALS)
    if len(whole) > _PRICE_WHOLE_DIGITS:
        return fault("too_large", column=column, value=shown(text), limit=_PRICE_LIMIT)
    return f"{whole or '0'}.{decimals or '0'}"


def _parse_whole(column: str, text: str, marks: Marks) -> str | Fault:
    if EVEN_WHOLE.fullmatch(text):
        return text.lstrip("0") or "0"
    number = read_number(column, text, marks, money=False)
    if isinstance(number, dict):
        return number
    negative, whole, decimals = number
    if decimals:
        return fault("not_whole", column=column, value=shown(text))
    if negative and whole:
        return fault("negative", column=column, value=shown(text))
    # the length first: turning a text of thousands of digits into a number takes its time
    if len(whole) > _WHOLE_DIGITS or int(whole or "0") > MAX_WHOLE:
        return fault("too_large", column=column, value=shown(text), limit=MAX_WHOLE)
    return whole or "0"


def _parse_boolean(column: str, text: str) -> str | Fault:
    lowered = text.lower()
    if lowered in _TRUE:
        return "true"
    if lowered in _FALSE:
        return "false"
    return fault("not_boolean", column=column, value=shown(text))
