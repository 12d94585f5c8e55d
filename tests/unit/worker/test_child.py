"""From a file to frames: totals, blank rows, frames of ten, resuming, refusals."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from common.catalog import COLUMN_NAMES
from tests.support.files import open_file, workbook
from worker.readers.child import Order, read_frames
from worker.readers.frames import CheckedRow, End, Frame, Opened, Refused, RejectedRow, Rows

DATA = Path(__file__).parents[3] / "data"
HEADER = ",".join(COLUMN_NAMES)
CHECKER = "worker.processors.catalog.rows:make_checker"


def frames(content: bytes, *, after: int = 0, rows_per_frame: int = 10, format: str = "csv") -> list[Frame]:
    order = Order(format, CHECKER, after, rows_per_frame, memory_bytes=0, cpu_seconds=0, parent=0)
    with open_file(content) as file:
        return list(read_frames(file, order))


def csv(lines: Sequence[str]) -> bytes:
    return "\n".join([HEADER, *lines]).encode()


def line(number: int, *, sound: bool = True) -> str:
    return f"P{number},n,C{number},g,{'1.5' if sound else 'gratis'},s,a,2,,,,,"


def total(frame: Frame) -> int:
    assert isinstance(frame, Opened)
    return frame.total


def filas(frame: Frame) -> list[int]:
    assert isinstance(frame, Rows)
    rows: list[CheckedRow | RejectedRow] = [*frame.checked, *frame.rejected]
    return sorted(row.fila for row in rows)


def test_a_file_is_a_total_frames_of_ten_and_an_end() -> None:
    opened, *rows, end = frames(csv([line(number, sound=number % 4 > 0) for number in range(25)]))
    assert (total(opened), end) == (25, End())
    assert [filas(frame) for frame in rows] == [
        list(range(2, 12)),
        list(range(12, 22)),
        list(range(22, 27)),
    ]
    assert [frame.last for frame in rows if isinstance(frame, Rows)] == [11, 21, 26]


def test_the_first_rows_come_as_they_stand_in_the_file() -> None:
    odd = "P2,n,C2,g," + "x" * 1000 + ",s,a,2,,,,,"
    opened = frames(csv([line(1), "", odd, *map(line, range(3, 20))]), after=10)[0]
    assert isinstance(opened, Opened)
    assert [row["fila"] for row in opened.sample] == [2, 4, 5, 6, 7]
    assert opened.sample[0]["cells"] == line(1).split(",")
    assert opened.sample[1]["cells"][4] == "x" * 300


def test_a_row_is_either_its_line_with_its_keys_or_its_faults() -> None:
    _, rows, _ = frames(csv([line(1), line(2, sound=False)]))
    fault = {"code": "not_a_number", "params": {"column": "precio_unitario", "value": "gratis"}}
    copied = rb"P1,n,C1,g,1.5,s,a,2,\N,10,5,false,true".replace(b",", b"\t")
    assert rows == Rows.pack(3, [(2, ["P1", "C1"])], [copied], [RejectedRow(3, [fault])])


def test_blank_rows_are_not_counted_and_keep_their_numbers() -> None:
    blank = ["", "  ", ",,,,,,,,,,,,", '"\u00a0","\n"']
    opened, first, second, _ = frames(
        csv([*blank, line(1), *blank, line(2), line(3), *blank]), rows_per_frame=2
    )
    assert total(opened) == 3
    assert (filas(first), filas(second)) == ([6, 11], [12])


def test_the_header_is_the_first_row_that_is_not_blank() -> None:
    _, rows, _ = frames(b"\n , \n" + csv([line(1)]))
    assert filas(rows) == [4]


@given(
    rows=st.lists(st.sampled_from([line(1), line(2, sound=False), ""]), max_size=30).map(
        lambda lines: [*lines, line(3)]
    ),
    rows_per_frame=st.integers(1, 11),
)
def test_reading_from_behind_any_frame_gives_exactly_the_rest(rows: list[str], rows_per_frame: int) -> None:
    whole = frames(csv(rows), rows_per_frame=rows_per_frame)
    for place, frame in enumerate(whole):
        if isinstance(frame, Rows):
            rest = frames(csv(rows), rows_per_frame=rows_per_frame, after=frame.last)
            assert rest == [whole[0], *whole[place + 1 :]]


def test_a_cursor_behind_the_last_row_leaves_nothing_to_do() -> None:
    opened, end = frames(csv([line(1)]), after=9)
    assert (total(opened), end) == (1, End())


@pytest.mark.parametrize(
    ("content", "code", "params"),
    [
        (b"", "no_header", {}),
        (b"\n \n,,\n", "no_header", {}),
        (HEADER.encode(), "no_rows", {}),
        (HEADER.encode() + b"\n,,,\n\n", "no_rows", {}),
        (b"id,nombre,codigo\n1,a,2\n", "missing_columns", {"columns": list(COLUMN_NAMES[3:8])}),
        (
            b"id,ID," + HEADER.encode() + b"\n",
            "repeated_columns",
            {"columns": ["id"], "headers": ["A «id»", "B «ID»", "C «id»"]},
        ),
        (csv([line(1), '2,"a']), "csv_quote_open", {"line": 3}),
    ],
    ids=[
        "nothing",
        "blank lines",
        "header only",
        "header and blank lines",
        "missing",
        "repeated",
        "open quote",
    ],
)
def test_a_file_that_cannot_be_imported_is_refused_before_any_row(
    content: bytes, code: str, params: dict[str, object]
) -> None:
    assert frames(content) == [Refused(code, params)]


def test_a_workbook_gives_the_same_frames_as_its_csv() -> None:
    lines = [line(number, sound=number % 4 > 0) for number in range(23)]

    def fill(sheet: Worksheet) -> None:
        for row in (HEADER, *lines):
            sheet.append(row.split(","))

    opened, *rows = frames(workbook(fill), format="xlsx")
    assert [total(opened), *rows] == [23, *frames(csv(lines))[1:]]


@pytest.mark.parametrize("extension", ["csv", "xlsx"])
def test_the_sample_is_read_in_full(extension: str) -> None:
    content = (DATA / f"productos_300_con_errores.{extension}").read_bytes()
    opened, *rows, end = frames(content, format=extension)
    assert (total(opened), end) == (300, End())
    assert [len(filas(frame)) for frame in rows] == [10] * 30
