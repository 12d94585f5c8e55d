"""Text without accents and case, as people search: the same in SQL and in Python."""

import unicodedata
from typing import Final

#: Of an expression of type text: decomposed, the marks dropped, lower case.
FOLD: Final = r"lower(regexp_replace(normalize({}, NFD), '[\u0300-\u036f]', '', 'g'))"


def fold(text: str) -> str:
    """Return the text as `FOLD` does."""
    decomposed = unicodedata.normalize("NFD", text)
    return "".join(char for char in decomposed if not "\u0300" <= char <= "\u036f").lower()
