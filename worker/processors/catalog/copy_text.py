"""The text format of COPY (PostgreSQL manual, COPY, "Text Format")."""

NULL = r"\N"

_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def escape(text: str) -> str:
    """Return ``text`` as one COPY value."""
    return text.translate(_ESCAPES) if "\\" in text or not text.isprintable() else text
