"""Which encoding a CSV is in, and what is no text at all."""

import pytest

from common.texts import NOTICES, ROW_FAULTS, TASK_ERRORS
from tests.support.files import open_file, workbook
from worker.readers.csv import CsvReader
from worker.readers.encoding import CHUNK_BYTES
from worker.readers.table import FileRefused, Row

TEXT = "id,nombre\r\n1,Año – «niño» €\r\n2,Ñandú\r\n"


def read(content: bytes) -> tuple[CsvReader, list[Row]]:
    with open_file(content) as file:
        reader = CsvReader(file)
        return reader, list(reader.rows())


def refusal(content: bytes) -> tuple[str, dict[str, object]]:
    with pytest.raises(FileRefused) as refused:
        read(content)
    assert refused.value.code in TASK_ERRORS
    return refused.value.code, refused.value.params


def faults(content: bytes) -> dict[int, tuple[str, dict[str, object]]]:
    found = {
        row.fila: (row.faults[0]["code"], row.faults[0]["params"]) for row in read(content)[1] if row.faults
    }
    assert all(code in ROW_FAULTS for code, _ in found.values())
    return found


@pytest.mark.parametrize(
    ("bom", "codec", "name"),
    [
        (b"", "utf-8", "UTF-8"),
        (b"\xef\xbb\xbf", "utf-8", "UTF-8"),
        (b"\xff\xfe", "utf-16-le", "UTF-16 LE"),
        (b"\xfe\xff", "utf-16-be", "UTF-16 BE"),
        (b"", "cp1252", "Windows-1252"),
    ],
)
def test_the_encoding_is_told(bom: bytes, codec: str, name: str) -> None:
    reader, rows = read(bom + TEXT.encode(codec))
    assert [list(row.cells) for row in rows] == [["id", "nombre"], ["1", "Año – «niño» €"], ["2", "Ñandú"]]
    assert (reader.facts["encoding"], reader.facts["byte_order_mark"]) == (name, bool(bom))
    codes = [notice["code"] for notice in reader.notices]
    assert codes == (["encoding_windows_1252"] if codec == "cp1252" else [])
    assert NOTICES.keys() >= set(codes)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (workbook(lambda sheet: sheet.append(["id"])), ("csv_is_workbook", {})),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), ("csv_is_old_workbook", {})),
        (b"%PDF-1.7\n", ("csv_is_binary", {})),
        (bytes(range(256)) * 4, ("csv_is_binary", {})),
        (b"id,nombre\n" + b"\0" * 4000, ("csv_is_binary", {})),
        (b"<html><table><tr><td>id</td></tr></table>", ("csv_is_html", {})),
        (b"\xef\xbb\xbf\r\n  <!DOCTYPE html>\n", ("csv_is_html", {})),
        ("<?xml version='1.0'?>".encode("utf-16"), ("csv_is_html", {})),
        (TEXT.encode("utf-16-le"), ("utf16_without_mark", {})),
        (TEXT.encode("utf-16-be"), ("utf16_without_mark", {})),
        (TEXT.encode("utf-32"), ("encoding_unsupported", {"encoding": "UTF-32"})),
        (TEXT.encode("utf-7"), ("encoding_unsupported", {"encoding": "UTF-7"})),
        (b"\xff\xfei\x00d\x00\n", ("encoding_broken", {"encoding": "UTF-16 LE", "line": 1})),
        (TEXT.encode("utf-16")[:-1], ("encoding_broken", {"encoding": "UTF-16 LE", "line": 3})),
        (b"\xfe\xff\0i\0\n\xd8\x00\0\n", ("encoding_broken", {"encoding": "UTF-16 BE", "line": 2})),
        (b"\xef\xbb\xbfid\r\n1\r\n\xf1\r\n", ("encoding_broken", {"encoding": "UTF-8", "line": 3})),
        (b"id,nombre\n1,\x81\xf1\n", ("encoding_unknown", {"line": 2, "byte": "0x81"})),
        (
            TEXT.replace("–", "-").encode("cp850", "replace"),
            ("encoding_unknown", {"line": 2, "byte": "0xA4"}),
        ),
        ("id,nombre\r1,Cápsula\r".encode("mac_roman"), ("encoding_unknown", {"line": 2, "byte": "0x87"})),
    ],
    ids=lambda case: case[0] if isinstance(case, tuple) else "",
)
def test_what_is_in_no_encoding_that_is_taken_is_refused(
    content: bytes, expected: tuple[str, dict[str, object]]
) -> None:
    assert refusal(content) == expected


@pytest.mark.parametrize("byte", [0x81, 0x8D, 0x8F, 0x90, 0x9D])
@pytest.mark.parametrize("line", [1, 2, 3])
def test_no_byte_that_windows_1252_does_not_define_is_taken(byte: int, line: int) -> None:
    lines = TEXT.encode("cp1252").splitlines(keepends=True)
    lines[line - 1] = lines[line - 1][:1] + bytes([byte]) + lines[line - 1][1:]
    assert refusal(b"".join(lines)) == ("encoding_unknown", {"line": line, "byte": f"0x{byte:02X}"})


def test_the_line_is_counted_over_chunks() -> None:
    filler = ("1," + "x" * 1021 + "\r\n") * 1100
    assert len(filler) > CHUNK_BYTES
    content = "id,nombre\r\n" + filler + "2,\N{LATIN SMALL LETTER O WITH ACUTE}\r\n3,"
    assert refusal(content.encode("cp1252") + b"\x8d\r\n") == (
        "encoding_unknown",
        {"line": 1103, "byte": "0x8D"},
    )


def test_a_row_in_another_encoding_than_the_file_is_rejected_and_no_other() -> None:
    head, ours, theirs = "id,nombre\n", "1,áéíóú\n", "2,Ñandú\n"
    mostly_utf8 = (head + ours).encode() + theirs.encode("cp1252")
    assert faults(mostly_utf8) == {3: ("row_encoding", {"encoding": "UTF-8"})}
    mostly_windows = (head + ours).encode("cp1252") + theirs.encode()
    assert faults(mostly_windows) == {3: ("row_encoding", {"encoding": "Windows-1252"})}


def test_a_header_in_another_encoding_refuses_the_file() -> None:
    content = "id,año\n".encode("cp1252") + "1,niño\n2,niño\n".encode()
    assert refusal(content) == ("header_damaged", {"line": 1})


@pytest.mark.parametrize("character", ["\0", "\x01", "\v", "\f", "\x1c", "\x1f", "\x7f", "\x85", "\x9f"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_control_character_is_a_fault_of_its_row(character: str, encoding: str) -> None:
    content = f"id,nombre\n1,á\n2,b{character}c\n3,d\n".encode(encoding)
    code, params = faults(content)[3]
    assert (code, params["column"], params["character"]) == (
        "control_character",
        "nombre",
        f"U+{ord(character):04X}",
    )
    assert faults(content).keys() == {3}


def test_the_end_mark_of_dos_is_no_row() -> None:
    assert [list(row.cells) for row in read(b"id,nombre\r\n1,a\r\n\x1a")[1]] == [["id", "nombre"], ["1", "a"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_line_without_end_is_refused_before_it_fills_the_memory(encoding: str) -> None:
    assert refusal(("id\n" + "x" * 9_000_000).encode(encoding)) == ("line_too_long", {"line": 2})
