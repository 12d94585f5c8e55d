"""Reading the text format of COPY as PostgreSQL does (its manual, COPY, "Text Format")."""

import re

_ESCAPE = re.compile(r"\\(x[0-9A-Fa-f]{1,2}|[0-7]{1,3}|.)", re.DOTALL)
_LETTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def parse_copy_line(line: bytes) -> list[str | None]:
    """Return the values of one line, without its ending; ``\\N`` is None.

    Raises ``ValueError`` where PostgreSQL would not take it as one line.
    """
    text = line.decode()
    if text == "\\." or "\n" in text or "\r" in text or "\0" in text:
        raise ValueError("not one line")
    return [None if field == r"\N" else _unescape(field) for field in text.split("\t")]


def _unescape(field: str) -> str:
    # a backslash at the very end would swallow the tab behind it
    if re.search(r"(?<!\\)(?:\\\\)*\\$", field):
        raise ValueError("a backslash escapes the delimiter")
    return _ESCAPE.sub(_character, field)


def _character(match: re.Match[str]) -> str:
    code = match[1]
    if code[0] == "x" and len(code) > 1:
        return chr(int(code[1:], 16))
    if code.isdigit():
        return chr(int(code, 8))
    return _LETTERS.get(code, code)
