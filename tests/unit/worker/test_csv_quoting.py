"""Quotes held to the rules: what is wrong is told with its line, by row where the row is certain."""

import pytest

from common.texts import ROW_FAULTS, TASK_ERRORS
from tests.support.files import open_file
from worker.readers.csv import CsvReader
from worker.readers.table import FileRefused, Row

HEADER = "id,nombre,codigo\n"


def read(text: str) -> list[Row]:
    with open_file((HEADER + text).encode()) as file:
        return list(CsvReader(file).rows())[1:]


def refusal(text: str) -> tuple[str, dict[str, object]]:
    with pytest.raises(FileRefused) as refused:
        read(text)
    assert refused.value.code in TASK_ERRORS
    return refused.value.code, refused.value.params


def faults(text: str) -> dict[int, str]:
    found = {row.fila: row.faults[0]["code"] for row in read(text) if row.faults}
    assert ROW_FAULTS.keys() >= set(found.values())
    return found


@pytest.mark.parametrize(
    ("written", "cell"),
    [
        ('"a"', "a"),
        ('""', ""),
        ('"a,b"', "a,b"),
        ('"una ""cita"""', 'una "cita"'),
        ('""""', '"'),
        ('"dos\nlíneas"', "dos\nlíneas"),
        ('"tres\r\nlíneas, con comas\ry más"', "tres\r\nlíneas, con comas\ry más"),
        ('"\n"', "\n"),
        ("O'Hara", "O'Hara"),
        ("'", "'"),
        ("'008584", "'008584"),
    ],
)
def test_quotes_by_the_rules_are_taken(written: str, cell: str) -> None:
    assert read(f"1,{written},x\n2,b,y\n") == [Row(2, ["1", cell, "x"]), Row(3, ["2", "b", "y"])]


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ('1,"abierta,x\n2,b,y\n3,c,z\n', "csv_quote_open", 2),
        ('1,a,x\n2,"b\n', "csv_quote_open", 3),
        ('1,a,x\n2,b,"', "csv_quote_open", 3),
        ('1,"dos\nlíneas","abierta\n2,b,y\n', "csv_quote_open", 3),
        ('1,"a"b,x\n2,b,y\n', "csv_malformed", 2),
        ('1,"a" ,x\n', "csv_malformed", 2),
        ('1,"Tubo 5\\" de acero",x\n', "csv_malformed", 2),
        ('1,"a,x\n2,"b",y\n', "csv_malformed", 2),
        ('1,"a,x\n2,b",y\n3,c,z\n', "csv_rows_in_cell", 2),
        ('1,"dos\nlíneas","a\n2,b,y"\n3,c,z\n', "csv_rows_in_cell", 3),
        ('1,"a,\n,"b,x\n', "csv_malformed", 2),
        ('1,"a\nb"\n2,b,y\n', "csv_lines_ragged", 2),
        ('1,"a\nb",x,y\n', "csv_lines_ragged", 2),
    ],
)
def test_what_makes_the_next_rows_uncertain_refuses_the_file_with_its_line(
    text: str, code: str, line: int
) -> None:
    found, params = refusal(text)
    assert (found, params["line"]) == (code, line)


@pytest.mark.parametrize("cell", ["x" * 131_073, '"' + "x" * 131_073 + '"'], ids=["plain", "in quotes"])
def test_a_cell_over_the_limit_is_refused(cell: str) -> None:
    assert refusal(f"1,a,x\n2,{cell},y\n") == ("csv_cell_too_long", {"line": 3, "limit": 131_072})


def test_a_cell_at_the_limit_is_taken() -> None:
    assert not read(f"1,{'x' * 131_072},y\n")[0].faults


def test_a_quote_that_takes_in_more_than_a_cell_may_hold_is_told_by_its_line() -> None:
    rows = "".join(f"{number},nombre,codigo\n" for number in range(10_000))
    assert refusal(f'1,"a,x\n{rows}') == ("csv_quote_open", {"line": 2})


@pytest.mark.parametrize("cell", ['Tubo 5" de acero', 'b"', ' "b"', "'b'"])
def test_a_quote_that_stands_around_no_cell_is_a_fault_of_its_row(cell: str) -> None:
    rows = read(f'1,a,x\n2,{cell},y\n3,"c",z\n')
    assert [row.fila for row in rows if row.faults] == [3]
    fault = rows[1].faults[0]
    assert (fault["code"], fault["params"]) == ("stray_quote", {"column": "nombre", "value": cell})


@pytest.mark.parametrize(("row", "found"), [("2,b", 2), ("2,b,c,d", 4), ("2,b,c,", 4), ("2,12,50,x", 4)])
def test_a_ragged_row_is_rejected_and_no_other(row: str, found: int) -> None:
    rows = read(f"1,a,x\n{row}\n3,c,z\n")
    fault = {"code": "row_shape", "params": {"found": found, "expected": 3}}
    assert [(row.fila, row.faults) for row in rows if row.faults] == [(3, (fault,))]


@pytest.mark.parametrize(
    ("text", "rejected"),
    [
        ("1,a,x\nPRO\nD2,b,y\n3,c,z\n", {2: "row_beside_fragment", 3: "row_shape", 4: "row_beside_fragment"}),
        ("1,a,x\n2,b,co\n\ndigo\n", {3: "row_beside_fragment", 5: "row_shape"}),
        ("1,a,x\n2,b,uno\nen capas, niños\n4,c,z\n5,d,w\n", {3: "row_beside_fragment", 4: "row_shape",
                                                              5: "row_beside_fragment"}),
        ("1,a,x\n2,Ga\nsa,y\n4,c,z\n", {3: "row_shape", 4: "row_shape"}),
    ],
    ids=["first cell", "last cell", "prose", "middle cell"],
)  # fmt: skip
def test_a_row_beside_a_piece_of_one_is_not_taken_for_whole(text: str, rejected: dict[int, str]) -> None:
    assert faults(text) == rejected


def test_a_blank_row_is_none_whatever_its_width() -> None:
    assert read('1,a,x\n,\n,,,,\n \n""\n"\n"\n2,b,y\n') == [Row(2, ["1", "a", "x"]), Row(8, ["2", "b", "y"])]


def test_a_fault_names_the_place_of_a_column_without_header() -> None:
    with open_file(b'id,,codigo\n1,5",x\n') as file:
        row = list(CsvReader(file).rows())[1]
    assert row.faults[0]["params"]["column"] == "2"
