"""A formula without a result, moved with its row. A spreadsheet program will calculate it as soon as it opens
the error file, and the result will be taken for the person's: so it is kept only where it must come to the
same there.
"""

import re

from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import Token, TokenizerError
from openpyxl.formula.translate import Translator, TranslatorError

#: What stands in place of any other: it comes to an error, and the row is rejected until a value is put
#: there.
NO_VALUE = "NA()"
#: Cells of a row, from which both row and columns move along.
_MOVING = re.compile(r"([A-Z]{1,3})([0-9]{1,7})(?::([A-Z]{1,3})([0-9]{1,7}))?")
_LONGEST = 1000


def moved(formula: str, *, fila: int, origin: str, place: str) -> str:
    """Return the formula of the cell ``origin`` in row ``fila`` as it must read in the cell ``place``,
    without its equals sign; :data:`NO_VALUE` where it uses anything but cells of its own row."""
    if not formula or len(formula) > _LONGEST:
        return NO_VALUE
    try:
        tokens = Tokenizer(f"={formula}").items
        opened = [token.subtype for token in tokens]
        is_whole = opened.count(Token.OPEN) == opened.count(Token.CLOSE)
        if not is_whole or not all(_stays(token, str(fila)) for token in tokens):
            return NO_VALUE
        return str(Translator(f"={formula}", origin=origin).translate_formula(place)).removeprefix("=")
    except (TokenizerError, TranslatorError, ValueError, IndexError):
        return NO_VALUE


def _stays(token: Token, fila: str) -> bool:
    """Return whether what the token means moves along with the row."""
    if token.type == Token.OPERAND and token.subtype == Token.RANGE:
        match = _MOVING.fullmatch(token.value.upper())
        return match is not None and {match[2], match[4] or fila} == {fila}
    # a function by a name that is none of the program's is somebody's macro
    return token.type != Token.FUNC or re.fullmatch(r"[A-Z][A-Z0-9.]*\(|\)", token.value.upper()) is not None
