"""Where a row says that it comes from, and what the reading child makes of that."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from common.catalog import COLUMN_NAMES
from tests.support.catalogue_files import csv_file, products
from tests.support.error_files import HEADER, REPORT, error_csv, reported
from tests.support.files import open_file
from tests.unit.worker.test_sandbox import rows_of
from worker.processors.catalog.headers import read_headers
from worker.readers.child import Order, read_frames
from worker.readers.frames import End, Frame, Mends, Opened, Rows
from worker.readers.origins import Mending, Origins, find_report_columns
from worker.readers.table import PlainRows, Row

CHECKER = "worker.processors.catalog.rows:make_checker"
TASK = uuid4()


def frames(content: bytes, **order: Any) -> list[Frame]:
    usual = {"after": 0, "rows_per_frame": 10, "memory_bytes": 0, "cpu_seconds": 0, "parent": 0}
    with open_file(content) as file:
        return list(read_frames(file, Order(**{"format": "csv", "checker": CHECKER} | usual | order)))


def origins_in(told: list[Frame]) -> list[tuple[int, int]]:
    return [origin for frame in told if isinstance(frame, Rows) for origin in frame.origins]


@pytest.mark.parametrize(
    ("header", "places"),
    [
        (["motivo", "columna", "fila", "tarea", "id"], {0, 1, 2, 3}),
        (["id", " TAREA ", "Fila:"], {1, 2}),
        # the person's own columns stand behind
        (["fila", "tarea", "id", "Fila", "motivo", "Motivo"], {0, 1, 4}),
        (["motivo", "columna", "fila", "id"], None),
        (["tarea", "id"], None),
        (["#fila!", "tarea"], None),
        ([], None),
    ],
)
def test_the_columns_are_known_by_their_names(header: list[str], places: set[int] | None) -> None:
    found = find_report_columns(header)
    assert (found and set(found.places)) == places


@pytest.mark.parametrize(
    ("cells", "task", "fila"),
    [
        (["7", str(TASK)], TASK, 7),
        ([" 7\t", f" {str(TASK).upper()} "], TASK, 7),
        (["7.0", f"{TASK}x"], None, None),
        (["-7", "#N/A"], None, None),
        (["²", ""], None, None),
        (["9" * 16, "7"], None, None),
        (["7"], None, 7),
        ([], None, None),
    ],
)
def test_a_row_names_its_origin_or_nothing(cells: list[str], task: UUID | None, fila: int | None) -> None:
    columns = find_report_columns(["fila", "tarea"])
    assert columns is not None
    assert (columns.task_of(cells), columns.fila_of(cells)) == (task, fila)


def test_origins_are_told_of_the_rows_that_are_asked_for() -> None:
    columns = find_report_columns(["fila", "tarea"])
    assert columns is not None
    origins = Origins(columns, TASK)
    task = str(TASK)
    pieces: list[Row | PlainRows] = [
        Row(2, ["20", task]),
        PlainRows(3, [["30", task], ["40", str(uuid4())], ["x", task]]),
        Row(6, ()),
        Row(7, ["70", task]),
    ]
    assert list(origins.watch(pieces)) == pieces
    assert origins.of_rows(3, 6) == [(3, 30)]
    assert origins.of_rows(7, 9) == [(7, 70)]


def test_of_rows_that_were_read_before_no_origin_is_kept() -> None:
    columns = find_report_columns(["fila", "tarea"])
    assert columns is not None
    origins = Origins(columns, TASK, after=5)
    task = str(TASK)
    pieces: list[Row | PlainRows] = [
        Row(2, ["20", task]),
        PlainRows(3, [["30", task], ["40", task]]),
        PlainRows(5, [["50", task], ["60", task]]),
        Row(7, ["70", task]),
    ]
    assert list(origins.watch(pieces)) == pieces
    assert origins.of_rows(1, 7) == [(6, 60), (7, 70)]


def test_the_child_asks_before_it_reads_rows_of_a_task() -> None:
    rows = [*products(2), *reported(TASK, {9: products(1)[0]})]
    assert frames(error_csv(rows), asks=True) == [Mends(TASK)]
    # and is told that they are no business of that task
    opened, *_, end = frames(error_csv(rows))
    assert isinstance(opened, Opened)
    assert (opened.total, opened.columns[3]["how"], end) == (3, "ignored", End())


@pytest.mark.parametrize("header", [COLUMN_NAMES, HEADER, (*COLUMN_NAMES, "tarea")])
def test_the_child_has_nothing_to_ask_where_no_row_names_a_task(header: tuple[str, ...]) -> None:
    content = csv_file([row | {"tarea": "hoy", "fila": "2"} for row in products(3)], header)
    assert frames(content, asks=True) == frames(content)


def test_origins_come_with_the_frame_of_their_rows_whether_these_are_sound_or_not() -> None:
    rows = reported(TASK, {10 * fila: row for fila, row in enumerate(products(25, faulty_every=3), start=2)})
    mending = Mending(TASK, {})
    told = frames(error_csv(rows), mending=mending)
    assert [len(frame.origins) for frame in told if isinstance(frame, Rows)] == [10, 10, 5]
    assert origins_in(told) == [(fila, 10 * fila) for fila in range(2, 27)]
    behind = frames(error_csv(rows), mending=mending, after=14)
    assert origins_in(behind) == [(fila, 10 * fila) for fila in range(15, 27)]


def test_a_row_of_the_wrong_shape_has_its_origin() -> None:
    lines = [*error_csv(reported(TASK, {5: products(1)[0]})).decode().splitlines(), f"a;b;6;{TASK};x"]
    told = frames("\n".join(lines).encode(), mending=Mending(TASK, {}))
    assert origins_in(told) == [(2, 5), (3, 6)]


def test_what_was_learnt_of_numbers_is_told_and_taken() -> None:
    sound = products(1)[0]
    rows = [sound | {"precio_unitario": "12,50"}, sound | {"precio_unitario": "1.234"}]
    opened = frames(csv_file(rows))[0]
    assert isinstance(opened, Opened)
    hints = {column["column"]: column["hints"] for column in opened.columns if "hints" in column}
    assert hints == {"precio_unitario": {",": "12,50"}}
    _, told, _ = frames(error_csv(reported(TASK, {3: rows[1]})), mending=Mending(TASK, hints))
    assert isinstance(told, Rows)
    assert [row.line.split(b"\t")[4] for row in told.checked] == [b"1234.0"]


def test_columns_that_are_set_aside_are_none_of_the_catalogues() -> None:
    header = ["notas", *REPORT, *COLUMN_NAMES]
    headers = read_headers(header, aside={1, 2, 3, 4})
    assert [column["how"] for column in headers.columns] == ["ignored", *["report"] * 4, *["exact"] * 13]
    assert [notice["params"]["columns"] for notice in headers.notices] == [["A «notas»"]]
    assert headers.places == {name: place for place, name in enumerate(COLUMN_NAMES, start=5)}


async def test_the_worker_is_asked_once_and_has_the_file_read_again() -> None:
    asked: list[UUID] = []

    async def find(task_id: UUID) -> Mending | None:
        asked.append(task_id)
        return Mending(task_id, {})

    async with rows_of(f"fila,tarea\n7,{TASK}\n8,\n".encode(), "takes_report", find_mending=find) as source:
        batch = await source.next_batch()
    assert batch is not None
    assert (source.mends, source.total, batch.origins, asked) == (TASK, 2, {2: 7}, [TASK])
    assert [row.keys for row in batch.checked] == [["[0, 1] {}"]] * 2
