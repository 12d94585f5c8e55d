"""A plain sheet that is read in parts gives what it gives as a whole, wherever it is cut."""

import io
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from tests.corpus.packing import MAIN, Book, Entry, column, pack_by_hand, row, sheet
from tests.support.files import open_file
from worker.readers import column_pieces, package, plain_table, row_shapes, shared_texts
from worker.readers.aside import Submit, at_once
from worker.readers.cell_text import to_text
from worker.readers.packed_rows import as_texts, pack, unpack
from worker.readers.table import FileRefused, PlainRows, Row
from worker.readers.xlsx import XlsxReader

STRINGS = [
    "<si><t>id</t></si>", "<si><t>Cirugía</t></si>", "<si><t></t></si>", "<si><t/></si>\n", "<si></si>",
    "<si/>", "<si />\n",
    '<si><t xml:space="preserve"> dos </t></si>', "<si><t> sin decir </t></si>", "<si><t>a &amp; b</t></si>",
    "<si><r><rPr><b/></rPr><t>neg</t></r><r><t>rita</t></r></si>",
    '<si><t>漢</t><rPh sb="0" eb="1"><t>かん</t></rPh><phoneticPr fontId="1"/></si>',
    '<si><t>a_x000D_b c t="s"> €</t></si>',
]  # fmt: skip
STYLES = (
    '<numFmts count="1"><numFmt numFmtId="170" formatCode="yyyy\\-mm\\-dd"/></numFmts>'
    '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="170"/></cellXfs>'
)
#: Of all kinds that are plain, in the tag of a cell and behind it.
CELLS = [
    *(f' t="s"><v>{place}</v>' for place in range(len(STRINGS))),
    *(f"><v>{number}</v>" for number in ("3", "-0", "12.5", "0.30000000000000004", "1E-7", "1e300")),
    ' t="n"><v>9007199254740993</v>', ' s="1"><v>46027</v>', ' s="1"><v>46027.25</v>', ' t="b"><v>1</v>',
    ' t="b"><v>0</v>', ' t="d"><v>2026-01-05</v>', ' t="str"><v>12</v>', ' t="str"><v></v>',
    ' t="str"><f>A1&amp;"x"</f><v>x</v>', "><f>1+1</f><v>2</v>",
    ' t="inlineStr"><is><t>texto</t></is>', ' t="inlineStr"><is><t>8</t></is>',
    ' t="inlineStr"><is><t> t="s" </t></is>', ' t="inlineStr"><is><t/></is>', ' s="1">', ' t="s">',
    ' t="s" s="1"><v>1</v>', ' s="1" t="s"><v>7</v>',
    ' t="inlineStr"><is><t xml:space="preserve">  </t></is>',
]  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def small_parts() -> Iterator[None]:
    """Cut small sheets as often as large ones are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(package, "_PIECE_BYTES", 700)
        patch.setattr(plain_table, "PART_BYTES", 1000)
        patch.setattr(plain_table, "_FRAME_SHARE", 0)
        patch.setattr(plain_table, "_PACKED_ROWS", 7)
        patch.setattr(column_pieces, "_ROWS_AT_A_TIME", 3)
        patch.setattr(shared_texts, "_BLOCK_BYTES", 300)
        patch.setattr(row_shapes, "_PATIENCE", 2)
        yield


def shown(rows: Sequence[Row]) -> list[tuple[int, list[tuple[type, str]]]]:
    return [(row.fila, [(type(cell), str(cell)) for cell in row.cells]) for row in rows]


def read(content: bytes, submit: Submit = at_once) -> list[Row]:
    with open_file(content) as file:
        reader = XlsxReader(file, submit)
        assert reader.facts["reader"] == "calamine"
        return list(reader.rows())


def read_as_a_whole(content: bytes) -> list[Row]:
    """As the parser reads the workbook with all that is in it."""
    table = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
    width, rows = 0, []
    for fila, values in enumerate(table.iter_rows() if table.start else (), start=1):
        cells = [to_text(value) for value in values]
        width = width or max((place for place, cell in enumerate(cells, 1) if cell.strip()), default=0)
        cells = cells[:width]
        rows.append(Row(fila, cells if any(cells) else ()))
    return rows


def made_of(numbered: Sequence[tuple[int, Sequence[tuple[int, str]]]]) -> bytes:
    rows = "".join(
        f'<row r="{number}">'
        + "".join(f'<c r="{column(place)}{number}"{cell}</c>' for place, cell in cells)
        + "</row>\n"
        for number, cells in numbered
    )
    return Book(data=rows, strings="".join(STRINGS * 4), styles=STYLES).packed()


@st.composite
def tables(draw: st.DrawFn) -> bytes:
    """Rows of a few kinds, as in a real table, with others and gaps between them."""
    cells = st.lists(st.tuples(st.integers(2, 7), st.sampled_from(CELLS)), max_size=6)
    kinds = draw(st.lists(cells.map(lambda kind: sorted(dict(kind).items())), min_size=1, max_size=3))
    gaps = st.sampled_from([1, 1, 1, 1, 1, 1, 2, 30])
    steps = draw(st.lists(st.tuples(gaps, st.sampled_from(kinds)), min_size=1, max_size=60))
    number, rows = 0, []
    for gap, kind in steps:
        number += gap
        rows.append((number, kind))
    return made_of(rows)


@given(tables())
def test_parts_come_to_what_the_whole_is(content: bytes) -> None:
    assert shown(read(content)) == shown(read_as_a_whole(content))


@given(tables())
def test_what_is_given_many_at_once_is_plain(content: bytes) -> None:
    with open_file(content) as file:
        reader = XlsxReader(file)
        pieces, rows = list(reader.pieces()), list(reader.rows())
    assert list(pieces) == list(reader.pieces())
    width = max((len(row.cells) for row in rows), default=0)
    for piece in pieces:
        if isinstance(piece, PlainRows):
            assert 1 <= len(piece.cells) <= 3
            assert all(len(cells) == width for cells in piece.cells)
            assert not any(row.is_blank for row in piece.rows())
    assert [row.fila for row in rows] == list(range(1, len(rows) + 1))


def test_a_table_is_given_many_rows_at_once_but_for_its_header() -> None:
    kind = [(place, CELLS[1]) for place in range(1, 6)]
    with open_file(made_of([(number, kind) for number in range(1, 101)])) as file:
        header, *pieces = XlsxReader(file).pieces()
    assert header == Row(1, ["Cirugía"] * 5)
    assert all(isinstance(piece, PlainRows) for piece in pieces)
    assert len(pieces) < 60


def test_a_thread_changes_nothing() -> None:
    kinds = [[(place, CELLS[(number + place) % len(CELLS)]) for place in range(1, 6)] for number in range(7)]
    content = made_of([(number, kinds[number % len(kinds)]) for number in range(1, 2000)])
    with ThreadPoolExecutor(1) as thread:
        threaded = read(content, thread.submit)
    assert shown(threaded) == shown(read(content)) == shown(read_as_a_whole(content))


def test_a_part_is_cut_where_its_rows_would_span_too_much() -> None:
    ends = [(1, CELLS[1]), (16_384, CELLS[1])]
    content = made_of([(1, ends), (2, ends), (40, ends), (80, ends)])
    rows = read(content)
    assert [row.fila for row in rows if row.cells] == [1, 2, 40, 80]
    assert all(row.cells[0] == row.cells[16_383] == "Cirugía" for row in rows if row.cells)


@pytest.mark.parametrize("reference", ["52", "99999999"])
def test_a_reference_to_no_string_is_a_damaged_file(reference: str) -> None:
    content = made_of([(1, [(1, CELLS[1]), (2, f' t="s"><v>{reference}</v>')])])
    with pytest.raises(FileRefused) as refused:
        read(content)
    assert refused.value.code == "file_unreadable"


@pytest.mark.parametrize(
    "strings",
    [
        "<si><t>a</t></si><!-- --><si><t>b</t></si>",
        "<si><t>a</t></si><x:si xmlns:x='x'/><si><t>b</t></si>",
        "<si><t><![CDATA[</si><si>]]></t></si><si><t>b</t></si>",
        '<si xml:lang="es"><t>a</t></si><si><t>b</t></si>',
        "<si><r><t>a</t></r><r><t> b</t></r></si><si><t>b</t></si>",
    ],
)
def test_strings_that_could_be_taken_in_two_ways_are_not_for_the_fast_parser(strings: str) -> None:
    content = Book(data='<row r="1"><c r="A1" t="s"><v>1</v></c></row>', strings=strings).packed()
    with open_file(content) as file:
        assert XlsxReader(file).facts["reader"] == "openpyxl"


@pytest.mark.parametrize(
    "strings",
    [
        "<si><t>a</si><si><t>b</t></si>",
        "<si><t>a</t></si><si><t>b</si>",
        "<si><t>a</t></si><si>b</t></si><si><t>c</t></si>",
        "<si><t>a</t></si><si><t>b</r></si><si><t>c</t></si>",
    ],
)
def test_strings_whose_tags_do_not_match_are_damaged(strings: str) -> None:
    content = Book(data='<row r="1"><c r="A1" t="s"><v>0</v></c></row>', strings=strings).packed()
    with pytest.raises(FileRefused) as refused, open_file(content) as file:
        list(XlsxReader(file).rows())
    assert refused.value.code == "file_unreadable"


def test_what_stands_before_the_strings_may_be_damaged_too() -> None:
    strings = f'<sst xmlns="{MAIN}" count=1><si><t>a</t></si></sst>'
    content = Book(data=row(1, ["id"]), strings="", parts={"xl/sharedStrings.xml": strings}).packed()
    with pytest.raises(FileRefused) as refused, open_file(content) as file:
        list(XlsxReader(file).rows())
    assert refused.value.code == "file_unreadable"


def test_there_may_be_more_strings_than_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_texts, "_BLOCK_BYTES", 1 << 20)
    strings = "".join(f"<si><t>{number if number % 3 else ''}</t></si>" for number in range(40_000))
    places = (0, 1, 2, 16_384, 39_998, 39_999)
    cells = "".join(f'<c r="{column(n)}1" t="s"><v>{place}</v></c>' for n, place in enumerate(places, 1))
    content = Book(data=f'<row r="1">{cells}</row>', strings=strings).packed()
    assert read(content)[0].cells == ["", "1", "2", "16384", "39998"]


def test_a_workbook_whose_strings_are_none_is_for_the_fast_parser() -> None:
    content = Book(
        data=row(1, ["id"]), parts={"xl/sharedStrings.xml": f'<sst xmlns="{MAIN}" count="0" />'}, strings=""
    ).packed()
    assert shown(read(content)) == [(1, [(str, "id")])]


def test_a_fault_of_the_parser_counts_only_where_it_would_have_been_asked() -> None:
    fault, error = [(1, ' t="n"><v>x</v>')], [(1, ' t="e"><v>#N/A</v>')]
    rows = [(number, fault) for number in range(1, 100)]
    with pytest.raises(FileRefused), open_file(made_of(rows)) as file:
        XlsxReader(file)
    with open_file(made_of([*rows, (100, error)])) as file:
        assert XlsxReader(file).facts["reader"] == "openpyxl"


def _with_large_part(data: str, change: Callable[[bytes], bytes]) -> bytes:
    parts: dict[str, Any] = Book(data=data, parts={"xl/media/image1.bmp": b"\x01" * 1_200_000}).all_parts()
    entries = [
        Entry(name, part if isinstance(part, bytes) else part.encode()) for name, part in parts.items()
    ]
    packed = pack_by_hand(entries)
    checksum = zlib.crc32(parts["xl/media/image1.bmp"]).to_bytes(4, "little")
    assert packed.count(checksum) == 2
    return packed.replace(checksum, change(checksum))


@pytest.mark.parametrize(
    "data", [row(1, ["id"]), '<row r="2"/><row r="1"/>', '<row r="1"><c r="A1" t="e"><v>#N/A</v></c></row>']
)
def test_a_damaged_large_part_is_damage_whatever_else_is_found(data: str) -> None:
    with pytest.raises(FileRefused) as refused:
        read(_with_large_part(data, lambda _: bytes(4)))
    assert refused.value.code == "file_unreadable"


def test_a_large_part_that_is_sound_does_no_harm() -> None:
    assert shown(read(_with_large_part(row(1, ["id"]), lambda checksum: checksum))) == [(1, [(str, "id")])]


def test_a_large_sheet_with_a_wrong_checksum_is_damaged() -> None:
    content = sheet("".join(row(number, ["x" * 1000]) for number in range(1, 1300)))
    parts = Book(parts={"xl/worksheets/sheet1.xml": content}).all_parts()
    packed = pack_by_hand([Entry(name, str(part).encode()) for name, part in parts.items()])
    checksum = zlib.crc32(content.encode()).to_bytes(4, "little")
    assert len(read(packed)) == 1299
    with pytest.raises(FileRefused) as refused:
        read(packed.replace(checksum, bytes(4)))
    assert refused.value.code == "file_unreadable"


VALUE = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=5), st.booleans(), st.floats(), st.integers(),
    st.dates(), st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(9000, 1, 1)),  # noqa: DTZ001
    st.times(), st.timedeltas(timedelta(0), timedelta(9999)), st.none(),
    st.sampled_from([0.0, -0.0, 2.0**53, 2.0**53 + 2, 1e15, 1e16, 0.1, date(2026, 1, 5), time(6, 7)]),
)  # fmt: skip
COLUMN = st.sampled_from([VALUE, st.floats(), st.integers(-9, 9).map(float), st.booleans()]).flatmap(
    lambda kind: st.lists(kind, min_size=4, max_size=4)
)


@given(st.lists(COLUMN, min_size=1, max_size=4))
def test_packed_texts_are_those_of_each_value(columns: list[list[Any]]) -> None:
    found = unpack(pack(5, 2, list(map(as_texts, columns))))
    texts = [[(type(to_text(value)), to_text(value)) for value in values] for values in columns]
    assert [[(type(text), text) for text in column] for column in found] == texts
