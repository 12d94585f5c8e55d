"""What divides a CSV into cells: found by header and rows, or refused."""

import pytest

from common.texts import TASK_ERRORS
from tests.support.files import open_file
from worker.readers.csv import CsvReader
from worker.readers.table import FileRefused, Row


def read(text: str) -> tuple[CsvReader, list[Row]]:
    with open_file(text.encode()) as file:
        reader = CsvReader(file)
        return reader, list(reader.rows())


def cells(text: str) -> list[list[str]]:
    rows = read(text)[1]
    assert not any(row.faults for row in rows)
    return [list(row.cells) for row in rows]


def refusal(text: str) -> tuple[str, dict[str, object]]:
    with pytest.raises(FileRefused) as refused:
        read(text)
    assert refused.value.code in TASK_ERRORS
    return refused.value.code, refused.value.params


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_told(delimiter: str) -> None:
    text = "id;nombre;codigo\n1;a;b\n".replace(";", delimiter)
    assert read(text)[0].facts["delimiter"] == delimiter
    assert cells(text) == [["id", "nombre", "codigo"], ["1", "a", "b"]]


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("id;precio;stock\n1;12,50;3,5\n2;1,20;4,5\n", 3),
        ("id,nombre,talla\n1,a|b,S;M\n2,c|d,L;X\n", 3),
        ("id;nombre, completo;codigo\n1;Gasa;A\n2;Venda;B\n", 3),
        ("id,tallas S;M;L\n1,a\n2,b\n", 2),
        ('id;"a, b, c, d";codigo\n1;2;3\n', 3),
    ],
    ids=[
        "decimal commas",
        "others in cells",
        "another in the header",
        "more of another there",
        "within quotes",
    ],
)
def test_other_delimiters_are_only_signs_in_cells(text: str, width: int) -> None:
    assert {len(row) for row in cells(text)} == {width}


def test_a_first_line_may_say_the_delimiter_and_is_no_row() -> None:
    reader, rows = read("sep=;\r\nid;precio, usd\r\n1;12,50\r\n")
    assert [(row.fila, list(row.cells)) for row in rows] == [(1, ["id", "precio, usd"]), (2, ["1", "12,50"])]
    assert reader.facts["delimiter"] == ";"


@pytest.mark.parametrize("first", ["SEP=;", '"sep=;"', "sep=;;;;", "sep=;\n"])
def test_the_first_line_is_taken_in_every_form(first: str) -> None:
    assert cells(f"{first}\nid;nombre\n1;a\n") == [["id", "nombre"], ["1", "a"]]


def test_lines_are_counted_with_the_first_one() -> None:
    assert refusal('sep=;\nid;nombre\n1;"a\n') == ("csv_quote_open", {"line": 3})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sep=:\nid:nombre\n1:a\n", ("delimiter_unsupported", {"delimiter": ":"})),
        ("sep=;\nid,nombre\n1,a\n", ("header_not_divided", {"line": 2, "delimiter": ",", "found": 2})),
        ("id;precio, usd\n1;12,50\n2;1,20\n", ("delimiter_ambiguous", {"line": 1, "delimiters": [",", ";"]})),
        ("id;nom,codigo\n1,,a;\n", ("delimiter_ambiguous", {"line": 1, "delimiters": [";", ","]})),
        (
            "id,nombre,codigo\n1;a;b\n2;c;d\n",
            ("delimiter_differs", {"line": 1, "header_delimiter": ",", "rows_delimiter": ";"}),
        ),
        (
            "\nid\tnombre\n1|a\n",
            ("delimiter_differs", {"line": 2, "header_delimiter": "TAB", "rows_delimiter": "|"}),
        ),
        (
            "Catálogo 2024\nid,nombre\n1,a\n",
            ("header_not_divided", {"line": 1, "delimiter": ",", "found": 2}),
        ),
        ("id,nombre\n1,12,50\n2,1,20\n", ("header_width_differs", {"line": 1, "found": 3, "expected": 2})),
        ("id,nombre\n1,a,\n2,b,\n", ("header_width_differs", {"line": 1, "found": 3, "expected": 2})),
        ("id,nom\nbre,codigo\n1,a,b\n2,c,d\n", ("header_split", {"line": 1})),
        ("i\nd,nombre\n1,a\n2,b\n", ("header_not_divided", {"line": 1, "delimiter": ",", "found": 2})),
        ("id,nombre,codi\ngo\n1,a,b\n2,c,d\n", ("header_split", {"line": 1})),
        ('"id,nombre"\n"1,a"\n"2,b"\n', ("lines_in_quotes", {"line": 1})),
        ('"id,nombre,codigo\n1,a,b\n2,"c",d\n', ("csv_malformed", {"line": 1})),
        ("'id','nombre'\n'1','a'\n", ("header_damaged", {"line": 1})),
        ('id, "nombre"\n1, a\n', ("header_damaged", {"line": 1})),
    ],
    ids=lambda case: case[0] if isinstance(case, tuple) else "",
)
def test_no_delimiter_is_guessed(text: str, expected: tuple[str, dict[str, object]]) -> None:
    assert refusal(text) == expected


def test_a_table_of_one_column_has_no_delimiter() -> None:
    reader, rows = read("id\n1\n2;3\n")
    assert reader.facts["delimiter"] is None
    assert [list(row.cells) for row in rows] == [["id"], ["1"], ["2;3"]]


def test_rows_may_be_without_the_delimiters_that_the_header_ends_with() -> None:
    assert cells("id,nombre,,\n1,a\n2,b\n") == [["id", "nombre"], ["1", "a"], ["2", "b"]]


@pytest.mark.parametrize(
    ("end", "name"), [("\r\n", "CRLF"), ("\n", "LF"), ("\r", "CR")], ids=["CRLF", "LF", "CR"]
)
def test_the_end_of_lines_is_told(end: str, name: str) -> None:
    assert read(end.join(["id,nombre", "1,a", "2,b"]))[0].facts["line_terminator"] == name


def test_lines_may_end_in_every_way_in_one_file() -> None:
    reader, rows = read("id,nombre\r\n1,a\n2,b\r3,c")
    assert [row.fila for row in rows] == [1, 2, 3, 4]
    assert reader.facts["line_terminator"] == "mixed"
