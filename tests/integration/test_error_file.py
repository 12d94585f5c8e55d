"""The error file of an upload, ordered by hand or through the queue: the rejected rows, and why."""

import re
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import asyncpg
import pytest

from common.bodies import row_error_body
from common.messages import UploadMessage
from common.tasks import TaskRecord
from tests.support.made_error_files import ordered, rows_in, stored
from tests.support.worker_shop import account_of, put_upload, workshop
from worker.outcomes import Done
from worker.process import process_upload
from worker.readers.table import SheetNumber
from worker.workshop import Workshop

DATA = Path(__file__).parents[2] / "data"
FORMATS = ["xlsx", "csv"]
OURS = ["motivo", "columna", "fila", "tarea"]


@pytest.fixture
async def shop(environment: dict[str, str]) -> AsyncIterator[Workshop]:
    async with workshop(environment) as made:
        yield made


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


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
