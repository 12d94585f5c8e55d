"""Random cells, rows and headers of catalogue files, for Hypothesis: mostly sound, and wrong in every way."""

import string
from collections.abc import Sequence

from hypothesis import strategies as st

from common.catalog import COLUMN_NAMES, COLUMNS, MAX_WHOLE, Column, ColumnType

REQUIRED = [column.name for column in COLUMNS if column.required]
OPTIONAL = [column.name for column in COLUMNS if not column.required]

#: Everything that ``str.strip`` takes for white space, and characters that only look like it.
SPACES = "".join(chr(code) for code in range(0x110000) if chr(code).isspace())
_LIMITS = sorted({column.limit for column in COLUMNS if column.limit})
_ODD_TEXTS = [
    "\\", "\\N", "\\.", "\\t", "a\\", "a\tb", "a\nb", "a\r\nb", '"', "a,b;c|d", "=1+1", "#N/A", "'",
    "Cafe\u0301", "\u212b", "a\u0000b", "\u200b", "\ufeff", "\u202e", "a\x7f", "a\x9f", "\x1d",
    "\U0001f600" * 3, "\u0130", "ß", "𝟙", "ﬁ", "‘a’ “b”", "a  b", "a\u00a0\u2003b", "a\u200db", "a\u00ad",
    "'008584", "'=1+1", "'a'", "’5’", "1.23457E+12",
    "1,5E+2", "1.5E+1", "1E+12", "1.5e+12", "\u2066a", "\ud800", "\u2028", "x\U000e0041", "NULL", "NaN",
    "Infinity", "None", "''", "\ue000", "\uffff",
]  # fmt: skip
_WORDS = [
    "true",
    "false",
    "1",
    "0",
    "si",
    "sí",
    "si\u0301",
    "no",
    "yes",
    "verdadero",
    "falso",
    "x",
    "y",
    "on",
]
#: What a person takes for a number and a careless parser too.
_ODD_NUMBERS = [
    "1.234,56", "1,234.56", "1e3", "0x10", "٣", "²", "1_000", "½", "5 ", "-0.00", ".", "1.234", "1,234",
    "1.500",
    "-1,500", "0.125", "0,125", "1.234.567", "1,234,567", "1 234", "1\u00a0234,5", "1\u202f234 567.89",
    "12 34",
    "1.23.456", "1.234.56", "012.345", "$ 1.250", "$1,250.00", "1250 COP", "US$ 12,5", "12.50 usd", "€ 3",
    "-$5",
    "$ -5", "- $ 5", "-$-5", "$", "COP $ 1.250 COP", "(5)", "($ 1.250,00)", "5-", "−5", "12%", "12,5 %",
    "+1.250",
    "1E+05", "1.5e-3", "NaN", "-inf", "Infinito", "∞", "'1250", "’1.250", "1'250.000", "\u200b7", "1\n250",
    "12,50",
    "12.50", "1.2345", "9" * 60 + ".125 COP", "0" * 70 + ".125",
]  # fmt: skip
_BOUNDS = [0, 1, MAX_WHOLE - 1, MAX_WHOLE, MAX_WHOLE + 1, 9_999_999_999, 10_000_000_000, 10**30]


def _digits(most: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", max_size=most)


def numbers() -> st.SearchStrategy[str]:
    """Numbers in every form a person or a spreadsheet writes them, near every limit, and nearly numbers."""
    whole = st.one_of(_digits(13), st.sampled_from(_BOUNDS).map(str), st.just("9" * 5000))
    decimals = st.one_of(st.just(""), _digits(4).map(lambda digits: digits + "00"), _digits(4))
    plain = st.builds(
        "{}{}{}{}{}".format,
        st.sampled_from(["", "", "", "-", "+", "--", "- "]),
        st.sampled_from(["", "", "00"]),
        whole,
        st.sampled_from([".", ".", ",", "", "'"]),
        decimals,
    )
    return plain | st.sampled_from(_ODD_NUMBERS)


def texts(characters: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Texts of those characters, also as long as a column takes, and longer."""
    lengths = st.sampled_from([length + more for length in _LIMITS for more in (-1, 0, 1)])
    long = st.builds(lambda character, length: character * length, characters, lengths)
    accented = long.map(lambda text: text + "\u0301")
    return st.text(characters, max_size=8) | long | accented | st.sampled_from(_ODD_TEXTS)


def cells(characters: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Any cell, with or without white space around it."""
    words = st.sampled_from(_WORDS).flatmap(lambda word: st.sampled_from([word, word.upper(), word.title()]))
    core = st.one_of(texts(characters), numbers(), words, st.just("x" * 10_000))
    space = st.text(SPACES, max_size=2)
    return core | st.builds("{}{}{}".format, space, core, space) | space


def good_cells(column: Column) -> st.SearchStrategy[str]:
    """Cells that the column takes, told apart little enough to meet each other."""
    if column.type is ColumnType.TEXT:
        sound = st.text(string.ascii_letters + "ñé \\\"',;|", max_size=6).map(lambda text: f"x{text}x")
    elif column.type is ColumnType.PRICE:
        sound = st.decimals("0", "9999999999.99", places=2).map(str)
    elif column.type is ColumnType.WHOLE:
        sound = st.integers(0, MAX_WHOLE).map(str)
    else:
        sound = st.sampled_from(["true", "false", "sí", "no", "1", "0"])
    return sound if column.required else sound | st.just("")


@st.composite
def product_cells(
    draw: st.DrawFn, any_cell: st.SearchStrategy[str], *, keys: Sequence[str] | None = None
) -> dict[str, str]:
    """One row by column: one in four has faults. ``keys``: the ids and codigos to draw from."""
    row = {column.name: draw(good_cells(column)) for column in COLUMNS}
    if keys is not None:
        row |= {"id": draw(st.sampled_from(keys)), "codigo": draw(st.sampled_from(keys))}
    if draw(st.integers(0, 3)) == 3:
        row |= draw(st.dictionaries(st.sampled_from(COLUMN_NAMES), any_cell, min_size=1, max_size=3))
    return row


@st.composite
def headers(draw: st.DrawFn, *, extra: Sequence[str] = ("notas", "")) -> list[str]:
    """Columns in any order, some optional ones left out, perhaps one that nobody knows."""
    optional = draw(st.lists(st.sampled_from(OPTIONAL), unique=True))
    strange = draw(st.lists(st.sampled_from(extra), max_size=1))
    return draw(st.permutations([*REQUIRED, *optional, *strange]))
