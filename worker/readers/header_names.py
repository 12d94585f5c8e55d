"""What of a header counts when it is compared with a name."""

import re
from functools import lru_cache
from unicodedata import combining, normalize

#: No header that means anything is longer; looking into a longer one would only take time.
_LONGEST = 100
_IGNORABLE = re.compile(r"[\W_]+")
#: The errors of spreadsheets: without their signs, «#¿NOMBRE?» would be a name and «#REF!» a reference.
_SHEET_ERROR = re.compile(r"\s*#(?:.*[!?]|N/[AD])\s*", re.DOTALL)


@lru_cache(maxsize=4096)
def header_key(header: str) -> str:
    """Return what of a header counts: its letters and digits, in small letters, without accents."""
    if len(header) > _LONGEST or _SHEET_ERROR.fullmatch(header):
        return ""
    decomposed = normalize("NFKD", header.casefold())
    return _IGNORABLE.sub("", "".join(character for character in decomposed if not combining(character)))
