"""Reading numbers as people write them: ``1.234,50``, ``1,234.50``, ``$ 1.250``, ``12,5``.

One form has two readings: a single point or comma before exactly three digits. ``1.234`` is a thousand and
something to one half of the world and a little more than one to the other, and a price that is wrong by a
thousand is the worst that an import can do without a word. So it is never decided by its digits alone. If
other cells of the same column show beyond doubt which sign stands before the decimals (``12,50``, ``0.125``,
``1.234.567``), and none shows the contrary, the column is read that way. If no cell shows it, an amount with
its currency (``$ 1.250``) is taken as thousands: money has no three decimals. Either is told in a warning.
What is left is refused with both readings, and the person decides.

Percentages, exponents, underscores, NaN and other digits than 0 to 9 are refused, each with its own reason.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from worker.processors.catalog.faults import fault, harmful, shown
from worker.readers.table import Fault

#: Sign, digits before the mark, digits behind it, both without zeros that say nothing.
Number = tuple[bool, str, str]

_MOST_CHARACTERS = 64
_PLAIN = re.compile(r"([+-]?)([0-9]+)(?:([.,])([0-9]+))?")
_CURRENCY = r"(?:COP ?\$|COL ?\$|US ?\$|\$|€|COP|USD|EUR)"
_AMOUNT = re.compile(
    rf"([+-]?) ?({_CURRENCY}?) ?([+-]?) ?([0-9][0-9., ]*?) ?((?:\$|€|COP|USD|EUR)?)", re.IGNORECASE
)
#: By what separates the thousands: groups of three behind the first, then perhaps a mark and decimals.
_GROUPED = {
    " ": re.compile(r"([1-9][0-9]{0,2}(?: [0-9]{3})+)(?:([.,])([0-9]+))?"),
    ".": re.compile(r"([1-9][0-9]{0,2}(?:\.[0-9]{3})+)(?:(,)([0-9]+))?"),
    ",": re.compile(r"([1-9][0-9]{0,2}(?:,[0-9]{3})+)(?:(\.)([0-9]+))?"),
}
_REASONS = {
    "not_finite": re.compile(r"[+-]? ?(?:nan|inf|infinity|infinito|∞)", re.IGNORECASE),
    "digit_underscore": re.compile(r"[+-]?[0-9.,]+(?:_[0-9.,]+)+"),
    "exponent_number": re.compile(r"[+-]?[0-9.,]+[eE][+-]?[0-9]+"),
    "percent_number": re.compile(r"[+-]? ?[0-9., ]+%"),
    "separators_misplaced": re.compile(rf"[+-]? ?{_CURRENCY}? ?[0-9][0-9., ']*{_CURRENCY}?", re.IGNORECASE),
}
_NEGATIVE = re.compile(rf"\( ?{_CURRENCY}? ?[0-9][0-9., ]*{_CURRENCY}?\)|[0-9][0-9., ]*-", re.IGNORECASE)


class Written(NamedTuple):
    """A number as it was written: without its groups, ``mark`` being what stands before ``decimals``."""

    negative: bool
    whole: str
    mark: str
    decimals: str
    #: What separates its thousands beyond doubt.
    group: str = ""
    currency: str = ""

    @property
    def is_ambiguous(self) -> bool:
        """Whether the mark may as well separate thousands."""
        return len(self.decimals) == 3 and len(self.whole) < 4 and self.whole.strip("0") != ""

    @property
    def decimal_mark(self) -> str:
        """The sign that stands before decimals, if this number shows it beyond doubt."""
        if self.mark:
            return "" if self.is_ambiguous else self.mark
        return {".": ",", ",": "."}.get(self.group, "")


class Marks:
    """What the cells of one column show of the sign before their decimals.

    ``example`` is a number that shows it from the start; ``examples`` are those of another survey, by sign.
    """

    def __init__(self, example: str = "", examples: Mapping[str, str] | None = None) -> None:
        self._examples: dict[str, str] = dict(examples or {})
        written = take_apart(example)
        if written is not None:
            self.learn(written.decimal_mark, example)

    def learn(self, mark: str, value: str) -> None:
        """Take note of a number that shows which sign it is."""
        self._examples.setdefault(mark, value)

    @property
    def examples(self) -> dict[str, str]:
        """By sign, the first cell that showed it."""
        return dict(self._examples)

    @property
    def mark(self) -> str | None:
        """The sign before decimals; none where no cell shows it, or cells contradict each other."""
        return next(iter(self._examples)) if len(self._examples) == 1 else None

    @property
    def example(self) -> str:
        """The first cell that showed it."""
        return next(iter(self._examples.values()))

    @property
    def contradictory(self) -> bool:
        """Whether there are cells that show one sign and cells that show the other."""
        return len(self._examples) > 1

    def reads_as_thousands(self, number: Written) -> bool | None:
        """Return how an ambiguous number is read, None being not at all."""
        if self.mark is not None:
            return self.mark != number.mark
        return True if number.currency and not self.contradictory else None


def read_number(column: str, text: str, marks: Marks, *, money: bool) -> Number | Fault:
    """Return the number in a clean cell that is not empty, or why it is none.

    Args:
        marks: what the other cells of the column show.
        money: whether a currency may stand beside it.
    """
    match = _PLAIN.fullmatch(text)
    if match is not None and (match[4] is None or len(match[4]) != 3):
        return match[1] == "-", match[2].lstrip("0"), (match[4] or "").rstrip("0")
    number = take_apart(text)
    if number is None:
        return _why_not(column, text)
    if number.currency and not money:
        return fault("currency_unexpected", column=column, value=shown(text))
    whole, decimals = number.whole, number.decimals
    if number.is_ambiguous:
        thousands = marks.reads_as_thousands(number)
        if thousands is None:
            return _ambiguous(column, text, number)
        if thousands:
            whole, decimals = whole + decimals, ""
    return number.negative, whole.lstrip("0"), decimals.rstrip("0")


def take_apart(text: str) -> Written | None:
    """Return the number as it was written, None where the text is none."""
    match = _PLAIN.fullmatch(text)
    if match is not None:
        return Written(match[1] == "-", match[2], match[3] or "", match[4] or "")
    amount = _AMOUNT.fullmatch(text.replace("−", "-")) if len(text) <= _MOST_CHARACTERS else None
    if amount is None or (amount[1] and amount[3]):
        return None
    parts = _split(amount[4])
    if parts is None:
        return None
    whole, mark, decimals, group = parts
    negative = "-" in (amount[1], amount[3])
    return Written(negative, whole, mark, decimals, group, amount[2] or amount[5])


def _split(digits: str) -> tuple[str, str, str, str] | None:
    """Return digits, mark, decimals, and the sign between thousands."""
    match = _PLAIN.fullmatch(digits)
    if match is not None:
        return match[2], match[3] or "", match[4] or "", ""
    for group, pattern in _GROUPED.items():
        if match := pattern.fullmatch(digits):
            return match[1].replace(group, ""), match[2] or "", match[3] or "", group
    return None


def _why_not(column: str, text: str) -> Fault:
    if harm := harmful(column, text):
        return harm
    if any(character.isnumeric() and not character.isascii() for character in text):
        return fault("foreign_digits", column=column, value=shown(text))
    if len(text) <= _MOST_CHARACTERS:
        for code, pattern in _REASONS.items():
            if pattern.fullmatch(text):
                return fault(code, column=column, value=shown(text))
        if _NEGATIVE.fullmatch(text):
            return fault("negative", column=column, value=shown(text))
    return fault("not_a_number", column=column, value=shown(text))


def _ambiguous(column: str, text: str, number: Written) -> Fault:
    code = "decimal_comma_ambiguous" if number.mark == "," else "decimal_point_ambiguous"
    sign = "-" if number.negative else ""
    return fault(
        code,
        column=column,
        value=shown(text),
        thousands=f"{sign}{number.whole}{number.decimals}",
        decimal=f"{sign}{number.whole}.{number.decimals}",
    )
