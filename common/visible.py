"""Text from elsewhere, made safe to show: nothing in it moves a cursor, starts a line or turns the reading
direction."""

import unicodedata

_LINE_ENDS = "\u2028\u2029"


def is_visible(character: str) -> bool:
    """Return whether a character shows as itself: no control, no mark of direction, no half of a pair."""
    return unicodedata.category(character)[0] != "C" and character not in _LINE_ENDS


def visible(text: str) -> str:
    r"""Return ``text`` with everything that would not show written out, like ``\x1b`` or ``\u202e``."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if is_visible(c) else c.encode("unicode_escape").decode() for c in text)
