"""The error file of an upload, ordered by hand or through the queue: the rejected rows, and why."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import msgspec
import openpyxl
import pytest
from openpyxl.styles import Font, PatternFill

from common.bodies import row_error_body
from common.catalog import COLUMN_NAMES
from common.fault_groups import columns_of
from common.messages import UploadMessage, report_key
from common.tasks import TaskRecord
from tests.corpus.packing import Book, Xml
from tests.corpus.packing import product as packed_product
from tests.corpus.packing import rows as packed_rows
from tests.support.catalog_api import objects, unfinished
from tests.support.catalogue_files import csv_file, product, products
from tests.support.faulty_proxy import Fault, FaultyProxy
from tests.support.made_error_files import failure_of, forget_failure, ordered, rows_in, stored
from tests.support.recovery import letter_of
from tests.support.stores import s3_client
from tests.support.worker_process import worker_process
from tests.support.worker_shop import (
    NOBODY,
    NOON,
    account_of,
    put_upload,
    queue_is_empty,
    send,
    workshop,
)
from worker.dead_letters import Buried, bury
from worker.outcomes import Done, Retry
from worker.process import process_upload
from worker.readers.sandbox import ReaderLimits
from worker.readers.table import SheetNumber
from worker.workshop import Workshop

DATA = Path(__file__).parents[2] / "data"
FORMATS = ["xlsx", "csv"]
OURS = ["motivo", "columna", "fila", "tarea"]

_MET = {"duplicate_product", "crossed_keys"}


async def imported(shop: Workshop, connection: asyncpg.Connection, upload: UploadMessage) -> TaskRecord:
    """Import an upload and return its task."""
    assert await process_upload(shop, upload, "correlation-1") == Done()
    return (await account_of(connection, upload)).record


async def made_of(shop: Workshop, environment: dict[str, str], order: UploadMessage) -> bytes:
    """Have an error file made and return it."""
    assert await process_upload(shop, order, "correlation-1") == Done()
    content = stored(environment, order)
    assert content is not None
    return content


def unmarked(reason: str) -> str:
    """A reason without the mark behind it."""
    return re.sub(r" \[[^\[]*#[0-9a-f]{8}\]$", "", reason)


def undefused(cell: str) -> str:
    return cell.removeprefix("'") if cell[1:2] in ("=", "+", "-", "@") else cell


def padded(cells: Sequence[str], width: int) -> list[str]:
    return [*cells, *[""] * (width - len(cells))]


def sample(environment: dict[str, str], format: str) -> tuple[bytes, UploadMessage]:
    name = f"productos_300_con_errores.{format}"
    content = (DATA / name).read_bytes()
    return content, put_upload(environment, content, filename=name)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("source", FORMATS)
async def test_it_holds_the_rejected_rows_as_they_stood_and_why(
    environment: dict[str, str], shop: Workshop, connection: asyncpg.Connection, source: str, format: str
) -> None:
    content, upload = sample(environment, source)
    record = await imported(shop, connection, upload)
    errors = (await account_of(connection, upload)).errors
    assert errors
    made = await made_of(shop, environment, ordered(upload, record, format))
    header, *rows = rows_in(made, format)
    own_header, *others = rows_in(content, source)
    original = {row.fila: row for row in others}
    assert header.cells[: 4 + len(own_header.cells)] == [*OURS, *own_header.cells]
    assert [row.cells[2:4] for row in rows] == [[str(error.fila), str(upload.task_id)] for error in errors]
    bodies = [row_error_body(error, "es") for error in errors]
    assert [unmarked(row.cells[0]) for row in rows] == [body["error"] for body in bodies]
    assert [row.cells[1] for row in rows] == [", ".join(body["columnas"]) for body in bodies]
    width = len(header.cells) - 4
    for row, error in zip(rows, errors, strict=True):
        cells = padded(original[error.fila].cells, width)
        if format == "csv":
            # that it is no thousands shows in the sheet, and in a text by its fourth digit
            cells = [
                "10.9990" if isinstance(cell, SheetNumber) and cell == "10.999" else cell for cell in cells
            ]
        assert list(map(undefused, row.cells[4:])) == cells


async def uploaded(
    environment: dict[str, str], shop: Workshop, connection: asyncpg.Connection, content: bytes, format: str
) -> tuple[UploadMessage, TaskRecord]:
    """Upload an error file as it came, or as it was mended."""
    upload = put_upload(
        environment, content, filename=f"errores.{format}", accepted_at=NOON + timedelta(hours=1)
    )
    return upload, await imported(shop, connection, upload)


async def faults_by_origin(connection: asyncpg.Connection, upload: UploadMessage) -> dict[int, Any]:
    """Codes and columns of a correction's rejected rows, by the row of the parent that each was."""
    rows = await connection.fetch(
        "SELECT origin_fila, faults FROM task_row_errors WHERE task_id = $1", upload.task_id
    )
    return {row["origin_fila"]: as_codes(msgspec.json.decode(row["faults"])) for row in rows}


def as_codes(faults: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    # what was a product's id alone may have become another's codigo as well, by a row behind
    return [
        ("product_met" if fault["code"] in _MET else fault["code"], columns_of(fault)) for fault in faults
    ]


def mended(content: bytes, format: str) -> bytes:
    """The error file with a sound product in every row, written over its cells by hand."""
    rows = [list(row.cells) for row in rows_in(content, format)]
    header = rows[0]
    for number, row in enumerate(rows[1:], start=1):
        sound = product(f"MENDED-{number}")
        for place, name in enumerate(header[4:], start=4):
            row[place] = sound.get(name, "")
    if format == "csv":
        out = io.StringIO(newline="")
        csv.writer(out, delimiter=";" if b";" in content[:200] else ",").writerows(rows)
        return b"\xef\xbb\xbf" + out.getvalue().encode()
    book = openpyxl.load_workbook(io.BytesIO(content))
    for row_number, row in enumerate(rows[1:], start=2):
        for place, text in enumerate(row[4:], start=5):
            book.worksheets[0].cell(row_number, place).value = text or None
    out_book = io.BytesIO()
    book.save(out_book)
    return out_book.getvalue()


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("source", FORMATS)
async def test_mending_nothing_rejects_the_same_rows_and_mending_all_accepts_them(
    environment: dict[str, str], shop: Workshop, connection: asyncpg.Connection, source: str, format: str
) -> None:
    _, parent = sample(environment, source)
    record = await imported(shop, connection, parent)
    errors = (await account_of(connection, parent)).errors
    made = await made_of(shop, environment, ordered(parent, record, format))

    unmended, again = await uploaded(environment, shop, connection, made, format)
    assert again.parent_task_id == parent.task_id
    assert await faults_by_origin(connection, unmended) == {
        error.fila: as_codes(error.faults) for error in errors
    }
    assert again.progress.successful == 0
    assert (await account_of(connection, parent)).record.resolved == 0

    # the error file of the error file mends the first upload just as well
    second = await made_of(shop, environment, ordered(unmended, again, format))
    first_cells = [row.cells[2:] for row in rows_in(made, format)]
    assert [row.cells[2:] for row in rows_in(second, format)] == first_cells
    _, end = await uploaded(environment, shop, connection, mended(second, format), format)
    assert (end.progress.failed, end.progress.successful) == (0, len(errors))
    assert end.parent_task_id == parent.task_id
    whole = (await account_of(connection, parent)).record
    assert whole.resolved == whole.progress.failed == len(errors)
    # and there is nothing left to report
    nothing = ordered(parent, whole, format)
    assert await process_upload(shop, nothing, "correlation-1") == Done()
    assert stored(environment, nothing) is None


@pytest.mark.parametrize("format", FORMATS)
async def test_faults_of_columns_with_any_name_come_back_and_are_counted(
    environment: dict[str, str], shop: Workshop, connection: asyncpg.Connection, format: str
) -> None:
    header = [*COLUMN_NAMES[:-1], "2024", "", COLUMN_NAMES[-1]]
    rows = [
        [*_line(number)[:-1], cell, other, ""]
        for number, (cell, other) in enumerate([('a "b" c', ""), ("", "x\x02"), ("", "")], start=1)
    ]
    rows[2][1:3] = ["a\x01b", ""]
    content = "\n".join(map(";".join, [header, *rows])).encode()
    parent = put_upload(environment, content)
    record = await imported(shop, connection, parent)
    before = await account_of(connection, parent)
    assert len(before.errors) == 3
    made = await made_of(shop, environment, ordered(parent, record, format))
    unmended, again = await uploaded(environment, shop, connection, made, format)
    found = (await account_of(connection, unmended)).errors
    assert [error.faults for error in found] == [error.faults for error in before.errors]
    assert again.progress.failed == 3
    counted = [(group.code, group.column, group.rows) for group in before.record.fault_groups]
    assert [(group.code, group.column, group.rows) for group in again.fault_groups] == counted


async def test_a_running_worker_makes_what_is_ordered_through_the_queue(
    environment: dict[str, str], connection: asyncpg.Connection
) -> None:
    _, upload = sample(environment, "xlsx")
    async with worker_process(environment, BATCH_MAX_ROWS="10000") as worker:
        send(environment, upload)
        await worker.has_logged("task_completed")
        before = await account_of(connection, upload)
        orders = [
            ordered(upload, before.record, format, language)
            for format in FORMATS
            for language in ("es", "en")
        ]
        for order in orders:
            send(environment, order)
        await worker.has_logged("error_file_ordered", len(orders))
        await queue_is_empty(environment)
    for order in orders:
        assert order.report is not None
        content = stored(environment, order)
        assert content is not None
        bodies = [row_error_body(error, order.report.language) for error in before.errors]
        reasons = [row.cells[0] for row in rows_in(content, order.report.format)[1:]]
        assert list(map(unmarked, reasons)) == [body["error"] for body in bodies]
    # an order is no attempt at the task, and changes nothing of it
    assert await account_of(connection, upload) == before


async def test_a_workbook_shows_what_is_wrong_and_looks_as_the_person_s_own(
    environment: dict[str, str], shop: Workshop, connection: asyncpg.Connection
) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(list(COLUMN_NAMES))
    sound = product("P1")
    sheet.append([sound.get(name) for name in COLUMN_NAMES])
    sheet["C2"].value, sheet["C2"].number_format = 8584, "000000"
    sheet["E2"].value, sheet["E2"].number_format = -12.5, "#,##0.00"
    sheet["B2"].font, sheet["A1"].font = Font(bold=True, color="FF0000FF"), Font(italic=True)
    sheet["B2"].fill = PatternFill("solid", fgColor="FFFFFF00")
    sheet.column_dimensions["B"].width = 42
    file = io.BytesIO()
    book.save(file)
    upload = put_upload(environment, file.getvalue(), filename="productos.xlsx")
    record = await imported(shop, connection, upload)
    made = openpyxl.load_workbook(
        io.BytesIO(await made_of(shop, environment, ordered(upload, record, "xlsx")))
    ).worksheets[0]
    assert made.freeze_panes == "A2"
    assert made.column_dimensions["F"].width == 42
    assert (made["E1"].value, made["E1"].font.i) == ("id", True)
    assert (made["F2"].font.b, made["F2"].font.color.rgb, made["F2"].fill.fgColor.rgb) == (
        True, "FF0000FF", "FFFFFF00",
    )  # fmt: skip
    assert (made["G2"].value, made["G2"].number_format) == (8584, "000000")
    assert (made["I2"].value, made["I2"].number_format) == (-12.5, "#,##0.00")
    assert (made["C2"].value, made["D2"].value) == (2, str(upload.task_id))
    assert made["A2"].value == made["I2"].comment.text
    assert made["B2"].value == "precio_unitario"
    assert made["I2"].fill.fgColor.rgb not in (made["G2"].fill.fgColor.rgb, made["F2"].fill.fgColor.rgb)
    assert [cell.coordinate for cell in made[2] if cell.comment] == ["I2"]


async def test_it_holds_only_what_is_open_still(
    environment: dict[str, str], shop: Workshop, connection: asyncpg.Connection
) -> None:
    upload = put_upload(environment, csv_file(products(30, faulty_every=10)))
    record = await imported(shop, connection, upload)
    await connection.execute("UPDATE task_row_errors SET resolved_by = $1 WHERE fila = 21", uuid4())
    made = await made_of(shop, environment, ordered(upload, record, "csv"))
    assert [row.cells[2] for row in rows_in(made, "csv")] == ["fila", "11", "31"]


async def test_a_correction_names_the_rows_of_the_first_upload_and_none_where_it_does_not_know(
    environment: dict[str, str], shop: Workshop, connection: asyncpg.Connection
) -> None:
    upload = put_upload(environment, csv_file(products(30, faulty_every=10)))
    record = await imported(shop, connection, upload)
    first = put_upload(environment, csv_file(products(7)), filename="antes.csv")
    await imported(shop, connection, first)
    parent = str(first.task_id)
    await connection.execute(
        "UPDATE tasks SET parent_task_id = $1 WHERE task_id = $2", first.task_id, upload.task_id
    )
    await connection.execute("UPDATE task_row_errors SET origin_fila = 7 WHERE fila = 21")
    record = (await account_of(connection, upload)).record
    assert record.parent_task_id == first.task_id

    async def named(format: str) -> list[tuple[str, ...]]:
        made = await made_of(shop, environment, ordered(upload, record, format))
        return [tuple(row.cells[2:4]) for row in rows_in(made, format)[1:]]

    assert await named("csv") == [("", parent), ("7", parent), ("", parent)]
    # once that is forgotten it is a file like any other, or nobody could mend it any more
    await connection.execute("DELETE FROM tasks WHERE task_id = $1", first.task_id)
    own = str(upload.task_id)
    assert await named("xlsx") == [("11", own), ("21", own), ("31", own)]


async def test_what_cannot_be_made_is_said_and_done_with(
    environment: dict[str, str], shop: Workshop, connection: asyncpg.Connection
) -> None:
    upload = put_upload(environment, csv_file(products(10, faulty_every=10)))
    record = await imported(shop, connection, upload)
    s3 = s3_client(environment)

    async def outcome_of(order: UploadMessage, failed: bytes | None = None) -> None:
        assert await process_upload(shop, order, "correlation-1") == Done()
        assert stored(environment, order) is None
        assert failure_of(environment, order) == failed

    # a file that nobody can read, though one like it was imported
    s3.put_object(Bucket=upload.s3_bucket, Key=upload.s3_key, Body=b'id;nombre\n"')
    await outcome_of(ordered(upload, record, "csv"), b"file_unreadable")
    s3.delete_object(Bucket=upload.s3_bucket, Key=upload.s3_key)
    # which nobody tries again
    await outcome_of(ordered(upload, record, "csv"), b"file_unreadable")
    await outcome_of(ordered(upload, record, "xlsx"), b"upload_missing")
    forget_failure(environment, ordered(upload, record, "csv"))
    # a task that is going on, one that nobody knows, and one without rejected rows
    await connection.execute("UPDATE tasks SET status = 'processing', completed_at = NULL")
    await outcome_of(ordered(upload, record, "csv"))
    unknown = msgspec.structs.replace(record, task_id=uuid4())
    await outcome_of(ordered(msgspec.structs.replace(upload, task_id=unknown.task_id), unknown, "csv"))
    sound = put_upload(environment, csv_file(products(3)), proveedor_id="SOUND")
    await outcome_of(ordered(sound, await imported(shop, connection, sound), "csv"))
    said = {
        sample.labels["outcome"]
        for metric in shop.metrics.error_files.collect()
        for sample in metric.samples
        if sample.name.endswith("_total")
    }
    assert said == {
        "file_unreadable",
        "failed_before",
        "upload_missing",
        "task_not_over",
        "no_open_rows",
    }


async def test_an_order_writes_over_nothing_but_reports_on_its_own_task(
    environment: dict[str, str], shop: Workshop, connection: asyncpg.Connection
) -> None:
    content = csv_file(products(10, faulty_every=10))
    upload = put_upload(environment, content)
    record = await imported(shop, connection, upload)
    for key in (upload.s3_key, report_key(uuid4(), 1, "es", "csv")):
        order = ordered(upload, record, "csv")
        assert order.report is not None
        order = msgspec.structs.replace(order, report=msgspec.structs.replace(order.report, key=key))
        assert await process_upload(shop, order, "correlation-1") == Done()
    assert objects(environment) == {upload.s3_key: content}


async def test_what_was_made_before_is_not_made_again(
    environment: dict[str, str], shop: Workshop, connection: asyncpg.Connection
) -> None:
    upload = put_upload(environment, csv_file(products(10, faulty_every=10)))
    record = await imported(shop, connection, upload)
    order = ordered(upload, record, "csv")
    made = await made_of(shop, environment, order)
    s3_client(environment).delete_object(Bucket=upload.s3_bucket, Key=upload.s3_key)
    assert await made_of(shop, environment, order) == made


async def test_a_large_one_is_put_in_parts_and_whole(
    environment: dict[str, str], shop: Workshop, connection: asyncpg.Connection
) -> None:
    rows = [
        {**row, "notas": f"{number:06}" * 15_000} for number, row in enumerate(products(100, faulty_every=1))
    ]
    content = csv_file(rows, [*COLUMN_NAMES, "notas"])
    upload = put_upload(environment, content)
    record = await imported(shop, connection, upload)
    made = await made_of(shop, environment, ordered(upload, record, "csv"))
    assert len(made) > len(content) > 8 << 20
    assert [row.cells[4:] for row in rows_in(made, "csv")] == [row.cells for row in rows_in(content, "csv")]
    assert unfinished(environment) == 0


async def test_while_nobody_can_note_that_there_is_none_the_order_comes_back(
    environment: dict[str, str], shop: Workshop, connection: asyncpg.Connection
) -> None:
    upload = put_upload(environment, csv_file(products(10, faulty_every=10)))
    order = ordered(upload, await imported(shop, connection, upload), "csv")
    s3_client(environment).delete_object(Bucket=upload.s3_bucket, Key=upload.s3_key)
    proxy = FaultyProxy(environment["AWS_ENDPOINT_URL"], b"PUT /", Fault.RESET)
    async with proxy.serve() as aws, workshop(environment | {"AWS_ENDPOINT_URL": aws}) as cut_off:
        assert await process_upload(cut_off, order, "correlation-1") == Retry("store_fault")
    assert failure_of(environment, order) is None
    assert await process_upload(shop, order, "correlation-1") == Done()
    assert failure_of(environment, order) == b"upload_missing"


@pytest.mark.parametrize("broken", [b"PUT /", b"partNumber=2"])
async def test_a_store_that_fails_brings_the_order_back_and_leaves_nothing_behind(
    environment: dict[str, str], shop: Workshop, connection: asyncpg.Connection, broken: bytes
) -> None:
    notes = "x" * 100_000
    content = csv_file(
        [{**row, "notas": notes} for row in products(100, faulty_every=1)], [*COLUMN_NAMES, "notas"]
    )
    upload = put_upload(environment, content)
    order = ordered(upload, await imported(shop, connection, upload), "csv")
    proxy = FaultyProxy(environment["AWS_ENDPOINT_URL"], broken, Fault.RESET)
    async with proxy.serve() as aws, workshop(environment | {"AWS_ENDPOINT_URL": aws}) as cut_off:
        assert await process_upload(cut_off, order, "correlation-1") == Retry("store_fault")
    assert stored(environment, order) is None
    assert unfinished(environment) == 0
    assert await made_of(shop, environment, order)


async def test_while_the_ledger_is_away_the_order_comes_back(
    environment: dict[str, str], shop: Workshop, connection: asyncpg.Connection
) -> None:
    upload = put_upload(environment, csv_file(products(10, faulty_every=10)))
    order = ordered(upload, await imported(shop, connection, upload), "csv")
    url = f"postgresql://postgres@{NOBODY}/postgres"
    async with workshop(environment | {"DATABASE_URL": url}) as cut_off:
        assert await process_upload(cut_off, order, "correlation-1") == Retry("store_fault")


async def test_a_file_that_uses_up_what_is_allowed_harms_nobody(
    environment: dict[str, str], shop: Workshop, connection: asyncpg.Connection
) -> None:
    upload = put_upload(environment, csv_file(products(10, faulty_every=10)))
    order = ordered(upload, await imported(shop, connection, upload), "xlsx")
    for limits in (ReaderLimits(1 << 30, 0), ReaderLimits(1 << 20, 60)):
        cramped = replace(shop, reader_limits=limits)
        assert await process_upload(cramped, order, "correlation-1") == Done()
        assert stored(environment, order) is None
        # a process that died may have been killed; a second time it was the file
        if failure_of(environment, order) is None:
            assert await process_upload(cramped, order, "correlation-1") == Done()
        assert failure_of(environment, order) in (b"reader_crashed", b"file_unreadable")
        forget_failure(environment, order)
    assert await made_of(shop, environment, order)


async def test_an_order_that_the_queue_gives_up_on_leaves_the_task_alone(
    environment: dict[str, str], shop: Workshop, connection: asyncpg.Connection
) -> None:
    upload = put_upload(environment, csv_file(products(10, faulty_every=10)))
    record = await imported(shop, connection, upload)
    before = await account_of(connection, upload)
    order = ordered(upload, record, "csv")
    assert await bury(connection, letter_of(order), 0) == Buried(None)
    # nor when it has been reopened since, nor when nobody knows it
    await connection.execute("UPDATE tasks SET status = 'processing', completed_at = NULL")
    assert await bury(connection, letter_of(order, "message-2"), 0) == Buried(None)
    await connection.execute(
        "UPDATE tasks SET status = 'completed', completed_at = $1", before.record.completed_at
    )
    assert await account_of(connection, upload) == before
    unknown = msgspec.structs.replace(order, task_id=uuid4())
    assert await bury(connection, letter_of(unknown, "message-3"), 0) == Buried(None)
    assert await connection.fetchval("SELECT count(*) FROM tasks") == 1
    assert await connection.fetchval("SELECT count(*) FROM dead_letters") == 0


def _line(number: int, **cells: str) -> list[str]:
    row = product(f"P{number}", **cells)
    return [row.get(name, "") for name in COLUMN_NAMES]


def _csv_lines(*lines: str) -> bytes:
    return "\r\n".join([",".join(COLUMN_NAMES), *lines, ""]).encode()


#: Rows that are written wrong, most of them in a way that no other file shows.
WRITTEN_WRONG = {
    "too_long_alike": _csv_lines(*(",".join([*_line(number), "de más"]) for number in range(5)), *map(
        ",".join, [_line(90), _line(91), _line(92), _line(93), _line(94), _line(95)]
    )),
    "too_short_and_too_long": _csv_lines(
        *map(",".join, [_line(1), ["P2", "corta"], _line(3), [*_line(4), "", "x", "y"], _line(5)])
    ),
    "stray_quote": _csv_lines(
        ",".join(_line(1)), ",".join(_line(2, nombre='Tubo 12" largo')), ",".join(_line(3, nombre="'citado'"))
    ),
    "control_character": _csv_lines(",".join(_line(1)), ",".join(_line(2, presentacion="a\x07b"))),
    "two_encodings": "\r\n".join(
        [",".join(COLUMN_NAMES), *(",".join(_line(n, nombre="Catéter")) for n in range(30)), ""]
    ).encode()
    + ",".join(_line(99, nombre="Cápsula")).encode("cp1252"),
}  # fmt: skip


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", WRITTEN_WRONG)
async def test_a_row_that_was_written_wrong_is_so_until_somebody_mends_it(
    environment: dict[str, str], shop: Workshop, connection: asyncpg.Connection, name: str, format: str
) -> None:
    upload = put_upload(environment, WRITTEN_WRONG[name])
    record = await imported(shop, connection, upload)
    errors = (await account_of(connection, upload)).errors
    assert errors
    made = await made_of(shop, environment, ordered(upload, record, format))
    again_upload, again = await uploaded(environment, shop, connection, made, format)
    again_errors = (await account_of(connection, again_upload)).errors
    # to the word
    assert [error.faults for error in again_errors] == [error.faults for error in errors]
    assert again.progress.successful == 0
    # and in the other format, for one more time
    other = next(other for other in FORMATS if other != format)
    third = await made_of(shop, environment, ordered(again_upload, again, other))
    third_upload, _ = await uploaded(environment, shop, connection, third, other)
    assert [error.faults for error in (await account_of(connection, third_upload)).errors] == [
        error.faults for error in errors
    ]
    _, end = await uploaded(environment, shop, connection, mended(made, format), format)
    assert (end.progress.failed, end.progress.successful) == (0, len(errors))
    whole = (await account_of(connection, upload)).record
    assert whole.resolved == len(errors)


@pytest.mark.parametrize("format", FORMATS)
async def test_what_only_a_workbook_can_hold_is_no_text_until_somebody_mends_it(
    environment: dict[str, str], shop: Workshop, connection: asyncpg.Connection, format: str
) -> None:
    faulty = [
        packed_product(2, nombre=Xml('<c r="{ref}" t="e"><v>#N/A</v></c>')),
        packed_product(3, nombre=Xml('<c r="{ref}"><f>A4&amp;"x"</f></c>')),
        packed_product(4, precio_unitario=1.234),
        packed_product(5, tiempo_entrega_dias=2.125),
        packed_product(6, nombre=Xml('<c r="{ref}" t="inlineStr"><is><t>_xD800_</t></is></c>')),
    ]
    # that a comma stands before decimals, as texts of the column show
    commas = [packed_product(number, precio_unitario="12,50") for number in range(10, 14)]
    upload = put_upload(environment, Book(data=packed_rows(*faulty, *commas)).packed(), filename="libro.xlsx")
    record = await imported(shop, connection, upload)
    errors = (await account_of(connection, upload)).errors
    assert [error.fila for error in errors] == [2, 3, 4, 5, 6]
    made = await made_of(shop, environment, ordered(upload, record, format))
    again, task = await uploaded(environment, shop, connection, made, format)
    assert await faults_by_origin(connection, again) == {
        error.fila: as_codes(error.faults) for error in errors
    }
    assert task.progress.successful == 0
