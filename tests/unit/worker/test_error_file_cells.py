"""What is in an error file is what was in the original: read back as uploads are, every cell is the same, and
of the same kind."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.corpus.make_corpus import CORPUS, make
from tests.corpus.packing import HEADER, Book, Cell, Xml, product, rows
from tests.corpus.workbooks import _STYLES
from tests.support.catalogue_files import csv_file
from tests.support.catalogue_files import product as product_row
from tests.support.made_error_files import error_file, rows_in
from worker.error_file.cell_xml import LONGEST_TEXT
from worker.processors.catalog.values import clean
from worker.readers.table import FileRefused, Row

OURS = 4
FORMATS = ["xlsx", "csv"]
#: Cells that a test has the time for.
_MOST_CELLS = 100_000
_MOST_COLUMNS = 16_000


def readable(name: str, folder: Path) -> tuple[bytes, str, list[Row]] | None:
    """A file of the corpus and its rows, if it is a table of a size that one can look at."""
    path = make(name, folder)
    content, source = path.read_bytes(), path.suffix[1:]
    try:
        found = rows_in(content, source)
    except FileRefused:
        return None
    if len(found) < 2:
        return None
    is_small = sum(len(row.cells) for row in found) < _MOST_CELLS and len(found[0].cells) < _MOST_COLUMNS
    return (content, source, found) if is_small else None


def own_cells(row: Row, width: int) -> list[str]:
    """The person's cells of a row of an error file; what is missing at the end is empty."""
    cells = list(row.cells[OURS : OURS + width])
    return cells + [""] * (width - len(cells))


def as_kinds(cells: Sequence[str]) -> list[tuple[type, str]]:
    return [(type(cell), cell) for cell in cells]


def assert_same(original: list[Row], made: list[Row], format: str) -> None:
    # what stands behind the last header is seen in a workbook, and read by nobody
    width = max(place for place, name in enumerate(original[0].cells, start=1) if name.strip())
    assert [row.cells[2] for row in made[1:]] == [str(row.fila) for row in original[1:]]
    for row, written in zip(original, made, strict=True):
        cells = [*row.cells, *[""] * (width - len(row.cells))][:width]
        if format == "xlsx":
            assert as_kinds(own_cells(written, width)) == as_kinds(cells)
        else:
            assert [clean(cell) for cell in own_cells(written, width)] == [clean(str(cell)) for cell in cells]


@pytest.mark.parametrize("name", CORPUS)
def test_every_file_of_the_corpus_comes_back_as_it_was(name: str, tmp_path: Path) -> None:
    found = readable(name, tmp_path)
    if found is None:
        return
    content, source, original = found
    for format in FORMATS:
        assert_same(original, rows_in(error_file(content, source, format), format), format)


#: Characters that mean something to XML, to spreadsheets, to CSV or to nobody.
_ODD = "abé ñ0'\"=+-@,;\t|\n\r\x00\x01\x0b\x1b\x1f\x7f\x85\u00a0\u200b\u2028\ufeff\ufffd_x&<>]薬😀{}"
_MARKS = [
    "_x000D_",
    "_x0041_",
    "_x005F_x0041_",
    "#N/A",
    "=1+1",
    "'=x",
    "'1250",
    "-5",
    "00012",
    "  ",
    "'a b'",
    "=' ",
    "=’",
]
_TEXTS = st.one_of(
    st.text(st.sampled_from(_ODD), max_size=12),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"), max_size=6),
    st.sampled_from(_MARKS),
)
#: Of the corpus: zeros or a text in front of a number, percent, dashes; none, a date, money, a time.
_SPEAKING, _SILENT = st.sampled_from([1, 2, 5, 7]), st.sampled_from([0, 3, 4, 6])
_NUMBERS = st.one_of(
    st.integers(0, 99_999),
    st.integers(-(10**17), 10**17),
    st.floats(-1e6, 1e6),
    st.sampled_from([0.1, 1.5, 1e-7, 1e20, 59.0, 60.5, 45_000.25]),
)


def _as_text(text: str) -> Cell:
    """A cell with a text, written in the way of spreadsheets."""
    plain = text.replace("_x", "_x005F_x")
    legal = "".join(c if c in "\t\n" or ord(c) >= 32 else f"_x{ord(c):04X}_" for c in plain)
    return Xml(f'<c r="{{ref}}" t="inlineStr"><is><t xml:space="preserve">{escape(legal)}</t></is></c>')


def _as_number(number: float, style: int) -> Cell:
    return Xml(f'<c r="{{ref}}" s="{style}"><v>{number!r}</v></c>')


_PLAIN_CELLS = st.one_of(
    st.none(),
    st.builds(_as_text, _TEXTS),
    st.builds(_as_number, _NUMBERS, _SILENT),
    st.sampled_from(
        [
            Xml('<c r="{ref}" t="b"><v>1</v></c>'),
            Xml('<c r="{ref}" s="1"/>'),
            Xml('<c r="{ref}"><f>1+1</f><v>2</v></c>'),
            Xml('<c r="{ref}" t="str"><f>"a"&amp;"b"</f><v>ab</v></c>'),
        ]
    ),
)
_ALL_CELLS = st.one_of(
    _PLAIN_CELLS,
    st.builds(_as_number, _NUMBERS, _SPEAKING),
    st.sampled_from(
        [
            Xml('<c r="{ref}" t="e"><v>#N/A</v></c>'),
            Xml('<c r="{ref}" s="4" t="e"><f>1/0</f><v>#DIV/0!</v></c>'),
            Xml('<c r="{ref}"><f>B2*2</f></c>'),
            Xml('<c r="{ref}" t="inlineStr"><is><t>_xD800_</t></is></c>'),
            Xml('<c r="{ref}" t="inlineStr"><is><t>a_xFFFE_</t></is></c>'),
        ]
    ),
)


def _tables(cells: st.SearchStrategy[Cell]) -> st.SearchStrategy[list[list[Cell]]]:
    return st.lists(st.lists(cells, min_size=8, max_size=8), min_size=1, max_size=6)


@pytest.mark.filterwarnings("ignore:Cell .* is marked as a date")
@settings(max_examples=200)
@given(table=st.one_of(_tables(_PLAIN_CELLS), _tables(_ALL_CELLS)), is_1904=st.booleans())
def test_any_cells_of_a_workbook_come_back_as_they_were(table: list[list[Cell]], is_1904: bool) -> None:
    properties = '<workbookPr date1904="1"/>' if is_1904 else ""
    content = Book(data=rows(product(1), *table), styles=_STYLES, properties=properties).packed()
    try:
        original = rows_in(content, "xlsx")
    except FileRefused:
        # a date that is none of any calendar breaks the fast parser
        assume(False)
    for format in FORMATS:
        made = rows_in(error_file(content, "xlsx", format), format)
        if format == "csv":
            # no text file holds half of a character
            original = [row._replace(cells=[halves_shown(cell) for cell in row.cells]) for row in original]
        assert_same(original, made, format)


def halves_shown(cell: str) -> str:
    return cell.replace("\ud800", "\ufffd")


@settings(max_examples=200)
@given(
    table=st.lists(st.lists(_TEXTS, min_size=8, max_size=8), min_size=1, max_size=6),
    delimiter=st.sampled_from(",;\t|"),
)
def test_any_texts_of_a_csv_come_back_as_they_were(table: list[list[str]], delimiter: str) -> None:
    out = io.StringIO(newline="")
    # the first of a row shows that it is none of blanks
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(
        [HEADER, *(["P", *row[1:]] for row in table)]
    )
    content = out.getvalue().encode()
    try:
        original = rows_in(content, "csv")
    except FileRefused:
        # such as a cell of several lines that read like rows
        assume(False)
    for format in FORMATS:
        made = rows_in(error_file(content, "csv", format), format)
        assert_same(original, made, format)


def test_a_text_longer_than_a_spreadsheet_takes_is_cut_in_a_workbook_alone() -> None:
    long = "😀" * LONGEST_TEXT
    content = csv_file([{**product_row("P1"), "nombre": long}])
    (_, row), (_, text_row) = (rows_in(error_file(content, "csv", format), format) for format in FORMATS)
    # counted as spreadsheets do, in units of UTF-16
    assert row.cells[OURS + 1] == "😀" * (LONGEST_TEXT // 2)
    assert text_row.cells[OURS + 1] == long
