"""Reading CSV as people's programs write it."""

import csv
import io
from unicodedata import category

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from common.texts import render_task_error
from tests.support.files import open_file
from worker.readers.csv import CsvReader
from worker.readers.table import FileRefused

HEADER = "id,nombre,codigo"


def read(content: bytes) -> list[tuple[int, list[str]]]:
    with open_file(content) as file:
        return [(row.fila, list(row.cells)) for row in CsvReader(file).rows()]


def refusal(content: bytes) -> tuple[str, dict[str, object]]:
    with pytest.raises(FileRefused) as refused:
        read(content)
    return refused.value.code, refused.value.params


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"], ids=lambda name: name
)
def test_the_encoding_is_found(encoding: str) -> None:
    text = f"{HEADER}\r\n1,Año – «niño» €,A\r\n"
    bom = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    assert read(bom + text.encode(encoding)) == [
        (1, ["id", "nombre", "codigo"]),
        (2, ["1", "Año – «niño» €", "A"]),
    ]


def test_a_character_cut_by_a_chunk_of_reading_is_still_utf_8() -> None:
    content = ("x" * 1022 + "\n") * 1025 + "ñ\n"
    assert content.encode().index("ñ".encode()) == 1024 * 1024 - 1
    assert read(content.encode())[-1] == (1026, ["ñ"])


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_by_the_header(delimiter: str) -> None:
    header = HEADER.replace(",", delimiter)
    assert read(f"{header}\n1{delimiter}a,b;c{delimiter}2\n".encode())[1][1][0] == "1"
    assert read(f"{header}\n".encode()) == [(1, ["id", "nombre", "codigo"])]


def test_a_delimiter_within_quotes_divides_nothing() -> None:
    assert read(b'"id, y, mas, cosas";nombre;codigo\n') == [(1, ["id, y, mas, cosas", "nombre", "codigo"])]


@pytest.mark.parametrize("blank", ["", " ", ";;", '""', ",,,", "\t"])
def test_blank_lines_before_the_header_do_not_hide_the_delimiter(blank: str) -> None:
    assert read(f"{blank}\r\n\r\nid;nombre;codigo\r\n1;Gasa, estéril;A\r\n".encode()) == [
        (3, ["id", "nombre", "codigo"]),
        (4, ["1", "Gasa, estéril", "A"]),
    ]


def test_a_record_over_several_lines_is_one_row_and_blank_lines_count() -> None:
    assert read(b'id,nombre\r\n1,"dos\r\nlineas"\r\n\r\n2,"una ""cita"""\r\n') == [
        (1, ["id", "nombre"]),
        (2, ["1", "dos\r\nlineas"]),
        (4, ["2", 'una "cita"']),
    ]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_lines_end_as_on_any_system_and_the_last_need_not(ending: str) -> None:
    assert read(ending.join(["id", "1", "2"]).encode()) == [(1, ["id"]), (2, ["1"]), (3, ["2"])]


def test_an_empty_file_has_no_rows() -> None:
    assert read(b"") == []


def test_reading_starts_over() -> None:
    with open_file(b"id\n1\n") as file:
        reader = CsvReader(file)
        assert next(reader.rows()).cells == ["id"]
        assert len(list(reader.rows())) == len(list(reader.rows())) == 2


TEXT = st.text(st.characters(codec="utf-8"), max_size=6)


@given(
    table=st.lists(st.lists(TEXT, min_size=3, max_size=3), max_size=5),
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8-sig", "utf-16"]),
)
def test_any_text_comes_back(table: list[list[str]], delimiter: str, encoding: str) -> None:
    controls = [cell for row in table for cell in "".join(row) if category(cell) == "Cc"]
    # more of them in so small a file, and it is none of text
    assume(len(controls) <= 8)
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter).writerows([["id", "nombre", "codigo"], *table])
    read_back = [cells for _, cells in read(written.getvalue().encode(encoding))[1:]]
    assert [cells for cells in read_back if any(map(str.strip, cells))] == [
        cells for cells in table if any(map(str.strip, cells))
    ]


PIECES = [b'"', b",", b";", b"\r", b"\n", b"\0", b"'", b"\xff\xfe", b"\xef\xbb\xbf", b"sep=;\n"]


@given(st.lists(st.one_of(st.binary(max_size=8), st.sampled_from(PIECES)), max_size=30))
def test_any_bytes_are_rows_or_a_refusal_with_a_sentence(pieces: list[bytes]) -> None:
    refused: list[FileRefused] = []
    try:
        read(b"".join(pieces))
    except FileRefused as refusal:
        refused.append(refusal)
    for each in refused:
        assert render_task_error(each.code, each.params, "es") != each.code
