"""What a person would have typed into a cell, from the value that a parser gives for it."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from worker.readers.table import SheetNumber

#: Beyond it not every whole number has a floating-point number of its own.
LARGEST_EXACT = 2**53


def to_text(value: object) -> str:
    """Return dates and times in ISO form, truth values as ``true`` or ``false``, numbers without exponent."""
    # the most frequent first
    if isinstance(value, float):
        return number_to_text(value)
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return number_to_text(value)
    if isinstance(value, datetime):
        return _datetime_to_text(value)
    if isinstance(value, timedelta):
        return _duration_to_text(value)
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


def number_to_text(number: float | int) -> str:
    """Return the number without an exponent: a whole one as it is, as long as a spreadsheet can hold it, any
    other with the 15 significant digits that a spreadsheet shows."""
    if isinstance(number, int):
        # by way of text: it may be too large for a float
        number = float(str(number))
    if number.is_integer() and abs(number) <= LARGEST_EXACT:
        return str(int(number))
    return SheetNumber(decimal_text(number))


def decimal_text(number: float) -> str:
    """Return a number that is no whole one, or a larger one than a spreadsheet can hold."""
    text = format(number, ".15g")
    return format(Decimal(text), "f") if "e" in text else text


def _datetime_to_text(value: datetime) -> str:
    # a day in parts of one: what is no whole second only comes from that
    value = (value + timedelta(microseconds=500_000)).replace(microsecond=0)
    return value.date().isoformat() if value.time() == time() else value.isoformat()


def _duration_to_text(value: timedelta) -> str:
    """Return hours, which may be more than a day's, minutes and seconds."""
    seconds = round(value.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    return f"{sign}{seconds // 3600:02}:{seconds % 3600 // 60:02}:{seconds % 60:02}"
