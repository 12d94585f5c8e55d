"""Two ways to look at a sheet: the quick one takes only what the fast parser is right on, and then sees what
the exact one sees."""

import re
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.corpus.packing import sheet
from worker.readers import row_shapes
from worker.readers.sheet import MAX_COLUMNS, Sheet, column_letters, column_number
from worker.readers.sheet_exact import scan_exactly
from worker.readers.sheet_plain import SheetPart, scan_plain
from worker.readers.table import FileRefused

_SPEAKING = 7
USUAL_CELLS = [
    '<c r="A1"><v>1</v></c>',
    '<c r="A1" t="n" s="2"><v>1</v></c>',
    '<c r="A1" t="s"><v>1</v></c>',
    '<c r="A1" t="str"><f>1+1</f><v></v></c>',
    '<c r="A1" t="inlineStr"><is><t>a</t></is></c>',
    '<c r="A1" s="7"/>',
]
CELLS = st.sampled_from(
    ['<c r="{}"><v>1</v></c>', '<c r="{}" t="inlineStr"><is><t>a</t></is></c>',
     '<c r="{}" s="2" t="s"><v>0</v></c>',
     '<c r="{}" t="str"><f>A1</f><v></v></c>', '<c r="{}" t="d"><v>2026-01-05</v></c>']
)  # fmt: skip


@st.composite
def plain_sheets(draw: st.DrawFn) -> str:
    numbers = draw(st.lists(st.integers(1, 2000), min_size=1, max_size=6, unique=True).map(sorted))
    rows = []
    for number in numbers:
        columns = draw(st.lists(st.integers(1, 800), min_size=1, max_size=4, unique=True).map(sorted))
        hidden = draw(st.sampled_from(["", ' hidden="1"', ' hidden="false" spans="1:8"']))
        cells = "".join(draw(CELLS).format(f"{column_letters(column)}{number}") for column in columns)
        rows.append(f'<row r="{number}"{hidden}>{cells}</row>')
    return sheet(
        "".join(rows),
        head='<cols><col min="2" max="3" hidden="1"/></cols>',
        tail='<mergeCells count="1"><mergeCell ref="A1:B2"/></mergeCells>',
    )


def pieces(xml: str, size: int) -> Iterator[bytes]:
    content = xml.encode()
    for start in range(0, len(content), size):
        yield content[start : start + size]


def told(found: Sheet) -> tuple[object, ...]:
    return found.rows, found.columns, found.cells, found.filled_rows, found.notices()


@given(plain_sheets(), st.integers(1, 400))
def test_both_see_the_same_in_a_plain_sheet_however_it_is_cut(xml: str, size: int) -> None:
    plain, exact = scan_plain(pieces(xml, size), [_SPEAKING]), scan_exactly(pieces(xml, size))
    assert plain is not None
    assert told(plain) == told(exact)
    assert (plain.is_plain, exact.is_plain, exact.unvalued) == (True, False, set())


ODD_CELLS = [
    '<c r="A1" t="e"><v>#N/A</v></c>',
    '<c r="A1"><f>1+1</f></c>',
    '<c r="A1"><f>1+1</f><v></v></c>',
    '<c r="A1"><f>1+1</f><v/></c>',
    f'<c r="A1" s="{_SPEAKING}"><v>1</v></c>',
    f'<c r="A1" t="n" s="{_SPEAKING}"><v>1</v></c>',
    '<c r="A1" t="inlineStr"><is><r><t>a</t></r></is></c>',
    "<c><v>1</v></c>",
    '<c t="n" r="A1"><v>1</v></c>',
    "<c r='A1'><v>1</v></c>",
    '<c r="A1"><v>1<!-- x --></v></c>',
    '<c r="A1" t="str"><v><![CDATA[a]]></v></c>',
    '<c r="&#65;1"><v>1</v></c>',
    '<x:c r="A1"><v>1</v></x:c>',
    '<c r="A1"><v>1</v></c><extLst/>',
    '<c r="A1" t="s"><v>x</v></c>',
    '<c r="A1" t="s"><v>-1</v></c>',
    '<c r="A1" t="s"><f>A2</f><v>1</v></c>',
    '<c r="A1" t="s" t="n"><v>1</v></c>',
]


@pytest.mark.parametrize("cell", ODD_CELLS)
def test_what_the_fast_parser_could_get_wrong_is_not_plain(cell: str) -> None:
    assert scan_plain(pieces(sheet(f'<row r="1">{cell}</row>'), 1000), [_SPEAKING]) is None


@pytest.fixture
def quick_to_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_shapes, "_PATIENCE", 0)


@pytest.mark.usefixtures("quick_to_learn")
@pytest.mark.parametrize("usual", USUAL_CELLS)
@pytest.mark.parametrize("odd", ODD_CELLS)
def test_nor_is_it_behind_any_number_of_rows_that_are_plain(usual: str, odd: str) -> None:
    plain = "".join(f'<row r="{row}">{usual.replace("A1", f"A{row}")}</row>' for row in range(1, 20))
    assert scan_plain(pieces(sheet(plain), 100), [_SPEAKING]) is not None
    row = f'<row r="20">{odd.replace("A1", "A20").replace("&#65;1", "&#65;20")}</row>'
    assert scan_plain(pieces(sheet(plain + row), 100), [_SPEAKING]) is None


@pytest.mark.usefixtures("quick_to_learn")
def test_a_row_is_known_again_only_if_its_cells_are_its_own() -> None:
    plain = "".join(f'<row r="{row}"><c r="A{row}"><v>1</v></c></row>' for row in range(1, 20))
    assert scan_plain(pieces(sheet(plain + '<row r="20"><c r="A2"><v>1</v></c></row>'), 100), []) is None
    with pytest.raises(FileRefused) as refused:
        scan_plain(pieces(sheet(plain + '<row r="7"><c r="A7"><v>1</v></c></row>'), 100), [])
    assert (refused.value.code, refused.value.params) == ("xlsx_disordered", {"row": 7})


@pytest.mark.usefixtures("quick_to_learn")
@given(plain_sheets(), st.integers(1, 400), st.integers(1, 400))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_parts_of_a_sheet_are_all_of_it(xml: str, size: int, part_bytes: int) -> None:
    parts: list[SheetPart] = []
    assert scan_plain(pieces(xml, size), [_SPEAKING], parts.append, part_bytes) is not None
    *rows, last = parts
    assert last.rows == b""
    assert {part.tail for part in rows} <= {b"</worksheet>"}
    joined = b"".join([last.head, b"<sheetData>", *(part.rows for part in rows), b"</sheetData>", last.tail])
    assert joined == xml.encode()
    referring = re.compile(rb'<c r="([A-Z]+)([0-9]+)" s="2" t="s">')
    for part in rows:
        assert part.head == last.head
        found = {(row, place) for places, some in part.references.items() for row in some for place in places}
        assert found == {
            (int(row), column_number(letters.decode())) for letters, row in referring.findall(part.rows)
        }


@pytest.mark.parametrize(
    "xml",
    [
        sheet("<row><c><v>1</v></c></row>"),
        sheet('<row r="1"/>').replace("<worksheet", "<x:worksheet"),
        sheet('<row r="1"/>', head="<!-- <sheetData> -->"),
        sheet('<row r="1"/>').replace("</sheetData>", ""),
        sheet("x" * (2 << 20)),
        "",
    ],
)
def test_a_sheet_of_another_form_is_not_plain(xml: str) -> None:
    assert scan_plain(pieces(xml, 100_000), []) is None


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize(
    ("data", "code"),
    [
        ('<row r="2"/><row r="1"/>', "xlsx_disordered"),
        ('<row r="1"/><row r="1"/>', "xlsx_disordered"),
        ('<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>1</v></c></row>', "xlsx_disordered"),
        ('<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>1</v></c></row>', "xlsx_disordered"),
        ('<row r="1048577"/>', "xlsx_beyond_sheet"),
        ('<row r="1"><c r="XFE1"><v>1</v></c></row>', "xlsx_beyond_sheet"),
    ],
)
def test_disorder_and_absurd_places_are_refused_by_both(data: str, code: str, exact: bool) -> None:
    with pytest.raises(FileRefused) as refused:
        scan_exactly(pieces(sheet(data), 50)) if exact else scan_plain(pieces(sheet(data), 50), [])
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("row", "places"), [(1, "A2"), (1, "A11"), (1, "A1 B11"), (11, "A11 B1"), (11, "A1")]
)
def test_a_cell_that_names_another_row_is_refused(row: int, places: str) -> None:
    cells = "".join(f'<c r="{place}"><v>1</v></c>' for place in places.split())
    xml = sheet(f'<row r="{row}">{cells}</row>')
    assert scan_plain([xml.encode()], []) is None
    with pytest.raises(FileRefused) as refused:
        scan_exactly([xml.encode()])
    assert (refused.value.code, refused.value.params) == ("xlsx_disordered", {"row": row})


@given(st.integers(1, MAX_COLUMNS))
def test_columns_have_one_name_and_one_number(number: int) -> None:
    assert column_number(column_letters(number)) == number
