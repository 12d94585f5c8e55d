"""What a cell of a catalogue file means, as plainly as it can be said: the part of the reference model that
reads. It shares no code with the services that decides anything."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from common.catalog import COLUMNS, MAX_WHOLE, Column, ColumnType

Value = str | int | bool | Decimal | None
Fault = dict[str, Any]

_BOOLEANS = {"true": True, "1": True, "si": True, "sí": True, "x": True, "yes": True, "verdadero": True}
_BOOLEANS |= {"false": False, "0": False, "no": False, "falso": False}

_DIGITS = frozenset("0123456789")
_SEPARATORS = frozenset("\x1c\x1d\x1e\x1f\x85")
_INVISIBLE = {0xAD, 0x61C, 0x180E, *range(0x200B, 0x2010), *range(0x2060, 0x2065), 0xFEFF}
_INVISIBLE |= set(range(0xE0000, 0xE0080))
_TURNING = {*range(0x202A, 0x202F), *range(0x2066, 0x206A)}
#: What nobody should have to look at in a sentence, besides.
_UNSHOWN = {0x61C, 0x200E, 0x200F, 0x2028, 0x2029}
_STRAIGHT = {"‘": "'", "’": "'", "‚": "'", "‛": "'", "“": '"', "”": '"', "„": '"', "‟": '"'}
_CURRENCIES = ("COP $", "COP$", "COL $", "COL$", "US $", "US$", "$", "€", "COP", "USD", "EUR")
_CURRENCIES_BEHIND = ("$", "€", "COP", "USD", "EUR")
_MOST_CHARACTERS = 64
#: Texts that are no number, by what is wrong with them.
_REASONS = {
    "not_finite": r"[+-]? ?(nan|inf|infinity|infinito|∞)",
    "digit_underscore": r"[+-]?[\d.,]+(_[\d.,]+)+",
    "exponent_number": r"[+-]?[\d.,]+e[+-]?\d+",
    "percent_number": r"[+-]? ?[\d., ]+%",
    "separators_misplaced": r"[+-]? ?(CUR)? ?\d[\d., ']*(CUR)?",
    "negative": r"\( ?(CUR)? ?\d[\d., ]*(CUR)?\)|\d[\d., ]*-",
}


class CellError(str):
    """A cell of a spreadsheet that holds an error such as ``#N/A`` (not the same as text that reads so)."""

    __slots__ = ()


class SheetNumber(str):
    """A cell that a spreadsheet holds as a number: its point stands before decimals."""

    __slots__ = ()


class Shape(NamedTuple):
    """A row of the wrong number of values, in place of its cells."""

    found: int
    expected: int


def clean(text: str) -> str:
    """Return the text as it is kept: composed (NFC), with single spaces, straight quotes and nothing that
    cannot be seen."""
    if isinstance(text, CellError):
        return text
    visible = [character for character in text if ord(character) not in _INVISIBLE]
    words: list[str] = [""]
    for character in visible:
        if character.isspace() and character not in _SEPARATORS:
            words.append("")
        else:
            words[-1] += _STRAIGHT.get(character, character)
    kept = unicodedata.normalize("NFC", " ".join(word for word in words if word))
    marks_text = len(kept) > 1 and kept[0] == "'" and kept[-1] != "'" and kept[1] in "0123456789=+-@"
    return kept[1:] if marks_text else kept


def forbidden(text: str) -> tuple[str, str] | None:
    """Return what no text may hold, if it holds it: a code and the character."""
    kinds = {"Cc": "control_character", "Cs": "lone_surrogate"}
    found: dict[str, str] = {}
    for character in text:
        code = kinds.get(unicodedata.category(character))
        if code is not None or ord(character) in _TURNING:
            found.setdefault(code or "direction_character", f"U+{ord(character):04X}")
    order = ("control_character", "lone_surrogate", "direction_character")
    return next(((code, found[code]) for code in order if code in found), None)


def check_row(
    cells: Mapping[str, str] | Shape, marks: Mapping[str, str] | None = None
) -> dict[str, Value] | list[Fault]:
    """Return the values of a row, or its faults if it has any.

    ``marks``: by column, the sign before decimals that other rows show (see :func:`decimal_marks`).
    """
    if isinstance(cells, Shape):
        return [{"code": "row_shape", "params": cells._asdict()}]
    texts = {column.name: clean(cells.get(column.name, "")) for column in COLUMNS}
    missing = [column.name for column in COLUMNS if column.required and not texts[column.name]]
    faults: list[Fault] = [{"code": "required_missing", "params": {"columns": missing}}] if missing else []
    values: dict[str, Value] = {}
    for column in COLUMNS:
        text = texts[column.name]
        is_number = isinstance(cells.get(column.name), SheetNumber)
        sign = "." if is_number else (marks or {}).get(column.name, "")
        value = check_cell(column, text, sign) if text else column.default
        if isinstance(value, dict):
            faults.append(value)
        else:
            values[column.name] = value
    return faults or values


def decimal_marks(rows: Iterable[Mapping[str, str] | Shape]) -> dict[str, str]:
    """Return, by column, the signs that stand before decimals beyond doubt in any of its cells: none, one or,
    where the cells contradict each other, both."""
    marks = {column.name: "" for column in COLUMNS if column.type in (ColumnType.PRICE, ColumnType.WHOLE)}
    for cells in rows:
        for column in COLUMNS:
            cell = "" if isinstance(cells, Shape) else cells.get(column.name, "")
            text = "" if isinstance(cell, SheetNumber) else clean(cell)
            if column.name not in marks or not text or isinstance(text, CellError):
                continue
            number = take_apart(text)
            if number is None or (number.currency and column.type is not ColumnType.PRICE):
                continue
            shown = number.shown_mark
            if shown not in marks[column.name]:
                marks[column.name] += shown
    return marks


class Written(NamedTuple):
    """A number as written: ``mark`` stands before ``decimals``, ``group`` between its thousands."""

    negative: bool
    whole: str
    mark: str = ""
    decimals: str = ""
    group: str = ""
    currency: str = ""

    @property
    def ambiguous(self) -> bool:
        """Whether it could be thousands as well as decimals."""
        return len(self.decimals) == 3 and len(self.whole) <= 3 and int(self.whole) != 0

    @property
    def shown_mark(self) -> str:
        """The sign before decimals, if this number shows which it is."""
        if self.mark and not self.ambiguous:
            return self.mark
        return {".": ",", ",": "."}.get(self.group, "") if not self.mark else ""


def take_apart(text: str) -> Written | None:
    """Return the parts of a number, or None where the text is none."""
    if len(text) > _MOST_CHARACTERS:
        bare = text.lstrip("+-")
        plain = len(text) - len(bare) < 2 and " " not in text and sum(sign in text for sign in ".,") < 2
        parts = _parts(bare) if plain else None
        return Written(text[0] == "-", *parts) if parts is not None and not parts[3] else None
    sign, rest = _strip_one_of(text.replace("−", "-"), "+-")
    currency, rest = _strip_one_of(rest.removeprefix(" "), _CURRENCIES)
    second_sign, rest = _strip_one_of(rest.removeprefix(" "), "+-")
    rest = rest.removeprefix(" ")
    for token in _CURRENCIES_BEHIND:
        if rest.upper().endswith(token):
            rest, currency = rest[: -len(token)].removesuffix(" "), currency or token
            break
    parts = _parts(rest)
    if parts is None or (sign and second_sign):
        return None
    return Written("-" in sign + second_sign, *parts, currency)


def _strip_one_of(text: str, tokens: Iterable[str]) -> tuple[str, str]:
    for token in tokens:
        if text.upper().startswith(token):
            return text[: len(token)], text[len(token) :]
    return "", text


def _parts(text: str) -> tuple[str, str, str, str] | None:
    """Return whole, mark, decimals and group of digits with separators."""
    signs = [character for character in text if character not in _DIGITS]
    if any(sign not in " .," for sign in signs):
        return None
    if not signs or (len(signs) == 1 and signs != [" "]):
        whole, mark, decimals = text.partition(signs[0]) if signs else (text, "", "")
        return (whole, mark, decimals, "") if whole and bool(mark) == bool(decimals) else None
    group, last = signs[0], signs[-1]
    mark = last if last != group else ""
    if mark == " " or any(sign != group for sign in (signs[:-1] if mark else signs)):
        return None
    grouped, _, decimals = text.rpartition(mark) if mark else (text, "", "")
    first, *others = grouped.split(group)
    sound = 1 <= len(first) <= 3 and first[0] != "0" and others and all(len(other) == 3 for other in others)
    if not sound or bool(mark) != bool(decimals):
        return None
    return "".join((first, *others)), mark, decimals, group


def check_cell(column: Column, text: str, marks: str = "") -> Value | Fault:
    """Return the value of a cell that is not empty, or its first fault."""
    if isinstance(text, CellError):
        return _fault("cell_error", column, text)
    if column.type is ColumnType.TEXT:
        return _check_text(column, text)
    if column.type is ColumnType.BOOLEAN:
        value = _BOOLEANS.get(text.lower())
        return _fault("not_boolean", column, text) if value is None else value
    return _check_number(column, text, marks)


def _check_number(column: Column, text: str, marks: str) -> Value | Fault:
    number = take_apart(text)
    if number is None:
        return _why_no_number(column, text)
    if number.currency and column.type is not ColumnType.PRICE:
        return _fault("currency_unexpected", column, text)
    whole, decimals = number.whole, number.decimals
    if number.ambiguous:
        if len(marks) == 2 or not (marks or number.currency):
            return _two_readings(column, text, number)
        if marks != number.mark:
            whole, decimals = whole + decimals, ""
    digits, decimals = whole.lstrip("0"), decimals.rstrip("0")
    negative = number.negative and bool(digits or decimals)
    check = _check_price if column.type is ColumnType.PRICE else _check_whole
    return check(column, text, negative, digits or "0", decimals)


def _two_readings(column: Column, text: str, number: Written) -> Fault:
    code = {",": "decimal_comma_ambiguous", ".": "decimal_point_ambiguous"}[number.mark]
    minus = "-" if number.negative else ""
    thousands, decimal = number.whole + number.decimals, f"{number.whole}.{number.decimals}"
    return _fault(code, column, text, thousands=minus + thousands, decimal=minus + decimal)


def _why_no_number(column: Column, text: str) -> Fault:
    if found := forbidden(text):
        return _fault(found[0], column, text, character=found[1])
    if any(character.isnumeric() and character not in _DIGITS for character in text):
        return _fault("foreign_digits", column, text)
    currencies = "|".join(map(re.escape, _CURRENCIES))
    for code, pattern in _REASONS.items():
        pattern = pattern.replace("CUR", currencies)
        if len(text) <= _MOST_CHARACTERS and re.fullmatch(pattern, text, re.IGNORECASE):
            return _fault(code, column, text)
    return _fault("not_a_number", column, text)


def _check_text(column: Column, text: str) -> Value | Fault:
    if found := forbidden(text):
        return _fault(found[0], column, text, character=found[1])
    if column.limit is not None and len(text) > column.limit:
        return _fault("too_long", column, text, length=len(text), limit=column.limit)
    if column.name in ("id", "codigo"):
        mantissa, _, exponent = text.partition("E+")
        if re.fullmatch("[0-9][.,][0-9]+", mantissa) and re.fullmatch("[0-9]{1,3}", exponent):
            return _fault("identifier_exponent", column, text) if len(mantissa) - 2 < int(exponent) else text
    return text


def _check_price(column: Column, text: str, negative: bool, digits: str, decimals: str) -> Value | Fault:
    if negative:
        return _fault("negative", column, text)
    if len(decimals) > 2:
        return _fault("too_many_decimals", column, text, limit=2)
    if len(digits) > 10:
        return _fault("too_large", column, text, limit="9999999999.99")
    return Decimal(f"{digits}.{decimals:0<2}")


def _check_whole(column: Column, text: str, negative: bool, digits: str, decimals: str) -> Value | Fault:
    if decimals:
        return _fault("not_whole", column, text)
    if negative:
        return _fault("negative", column, text)
    if len(digits) > 10 or int(digits) > MAX_WHOLE:
        return _fault("too_large", column, text, limit=MAX_WHOLE)
    return int(digits)


def _fault(code: str, column: Column, text: str, **more: int | str) -> Fault:
    harmless = "".join(
        "\N{REPLACEMENT CHARACTER}" if forbidden(character) or ord(character) in _UNSHOWN else character
        for character in text
    )
    shown = harmless if len(harmless) <= 40 else harmless[:39] + "…"
    return {"code": code, "params": {"column": column.name, "value": shown, **more}}
