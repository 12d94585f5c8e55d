"""Number formats under which a cell shows something else than its number.

``8584`` under the format ``000000`` is ``008584`` to everybody who looks at the sheet, and 0.12 is ``12%``.
Other formats (currency, thousands, decimals, colours) show the number itself in more or less detail.
"""

import re
from decimal import Decimal

_QUOTED = re.compile(r'"([^"]*)"|\\(.)|[_*].|\[[^\]]*\]')
_TOKEN = re.compile(_QUOTED.pattern + "|.")
_FILLED = re.compile(r"[^0#?.,%/@a-zA-Z]*0(?:[^#?.,%/@a-zA-Z]*0)+[^0#?.,%/@a-zA-Z]*")
_PERCENT_DIGITS = 15


def tells_more(format: str) -> bool:
    """Return whether a number under this format is shown as something else than itself."""
    return _is_percent(format) or _is_filled(format)


def show(number: float | int, format: str) -> str | None:
    """Return what a cell with this number and format shows, or None where that is the number."""
    if _is_percent(format):
        return format_percent(number)
    if _is_filled(format) and number >= 0 and number == int(number):
        return _fill(int(number), format)
    return None


def format_percent(number: float | int) -> str:
    """Return 0.125 as ``12.5%``."""
    hundredfold = Decimal(f"{number:.{_PERCENT_DIGITS}g}") * 100
    text = f"{hundredfold:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) + "%"


def _first_section(format: str) -> str:
    return format.partition(";")[0]


def _bare(format: str) -> str:
    """Return the first section without its literals, so that only placeholders are left."""
    return _QUOTED.sub("", _first_section(format))


def _is_percent(format: str) -> bool:
    return "%" in _bare(format)


def _is_filled(format: str) -> bool:
    """Return whether the format fills up with zeros, as ``000000`` and ``"AMX-"0000`` do."""
    return _FILLED.fullmatch(_bare(format)) is not None


def _fill(number: int, format: str) -> str:
    """Return the digits in the places of the zeros, with what the format puts before, between and behind."""
    digits = list(str(number).rjust(_bare(format).count("0"), "0"))
    section, shown = _first_section(format), []
    tokens = list(_TOKEN.finditer(section))
    zeros = sum(match[0] == "0" for match in tokens)
    for match in tokens:
        if match[0] == "0":
            zeros -= 1
            # the first place takes all digits that are too many
            taken = len(digits) - zeros
            shown += digits[:taken]
            del digits[:taken]
        elif match[1] is not None or match[2] is not None:
            shown.append(match[1] or match[2] or "")
        elif len(match[0]) == 1:
            shown.append(match[0])
    return "".join(shown)
