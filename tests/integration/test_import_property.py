"""Random catalogues, through S3, the reading child and PostgreSQL, end as the sequential reference says.

Hypothesis prints the uploads that do not, and the line (``@reproduce_failure``) that makes them again.
"""

import codecs
import csv
import io
import re
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st

from common.messages import UploadMessage
from common.tasks import LIST_LIMIT, Progress, TaskStatus
from tests.reference import Catalogue, Outcome, Shape, UploadRow
from tests.support.catalogue_cases import cells, headers, product_cells
from tests.support.catalogue_files import products_in
from tests.support.files import open_file
from tests.support.interruptions import StopAfter
from tests.support.worker_shop import NOON, account_of, put_upload, redis_record
from worker.outcomes import Done, Retry
from worker.process import process_upload
from worker.readers.csv import CsvReader
from worker.readers.table import FileRefused
from worker.workshop import Workshop

#: Few enough that rows meet, in odd forms: equal after cleaning, or not.
KEYS = ["a", "b", "c", "d", " a", "A", "é", "e\u0301", "a\\", "\\N", "x;y"]
_IN_NO_FILE = re.compile("[\ud800-\udfff]")
ANY_CELL = cells(st.characters(codec="utf-8")).map(lambda text: _IN_NO_FILE.sub("", text))
PROVIDERS = ["PROV-A", "PROV\\B"]
_BOMS = {"utf-8": b"", "utf-8-sig": b"", "utf-16-le": codecs.BOM_UTF16_LE}


@dataclass(frozen=True)
class Sheet:
    """A file as drawn: a header, and rows as wide as it is, or not."""

    header: list[str]
    rows: list[list[str]]
    delimiter: str
    encoding: str

    def content(self) -> bytes:
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=self.delimiter).writerows([self.header, *self.rows])
        return _BOMS[self.encoding] + text.getvalue().encode(self.encoding)

    def numbered(self) -> list[UploadRow]:
        """The rows for the reference, by column or as their shape; blank ones left out."""
        width = len(self.header)
        numbered: list[UploadRow] = []
        for fila, row in enumerate(self.rows, start=2):
            if not any(cell.strip() for cell in row):
                continue
            wrong = len(row) < width or any(cell.strip() for cell in row[width:])
            by_column = dict(zip(self.header, row, strict=False))
            numbered.append((fila, Shape(len(row), width) if wrong else by_column))
        return numbered


@dataclass(frozen=True)
class Upload:
    """One upload and how the worker goes about it."""

    sheet: Sheet
    proveedor: int
    replace: bool
    accepted_second: int
    rows_per_step: int
    batch_max_rows: int
    #: batches after which a worker is told to stop, one worker after the other
    stops: list[int]


@st.composite
def sheets(draw: st.DrawFn) -> Sheet:
    header = draw(headers())
    row = product_cells(ANY_CELL, keys=KEYS).map(
        lambda by_column: [by_column.get(name, "") for name in header]
    )
    strange = st.sampled_from([[], [""] * 13, [" ", "\u00a0"], ["a", "b"], ["x"] * (len(header) + 1)])
    rows = draw(st.lists(st.one_of(row, row, row, row, row, strange), max_size=14))
    rows.insert(draw(st.integers(0, len(rows))), draw(row.filter(any)))
    # now and then one that says what has been said
    rows += draw(st.lists(st.sampled_from(rows), max_size=3))
    sheet = Sheet(header, rows, draw(st.sampled_from(",;\t|")), draw(st.sampled_from(sorted(_BOMS))))
    while doubted := _doubted_rows(sheet):
        kept = [row for fila, row in enumerate(sheet.rows, start=2) if fila not in doubted]
        sheet = replace(sheet, rows=kept)
    assume(sheet.numbered())
    return sheet


def _doubted_rows(sheet: Sheet) -> set[int]:
    """The rows that the reader itself reports, but for their width: which those are is shown elsewhere
    (unit/worker/test_csv_model.py)."""
    with open_file(sheet.content()) as file:
        try:
            rows = [row for row in CsvReader(file).rows() if row.faults]
        except FileRefused:
            reject()
    return {row.fila for row in rows if row.faults[0]["code"] != "row_shape"}


UPLOADS = st.builds(
    Upload,
    sheet=sheets(),
    proveedor=st.sampled_from([0, 0, 0, 1]),
    replace=st.booleans(),
    accepted_second=st.integers(0, 3),
    rows_per_step=st.integers(1, 10),
    batch_max_rows=st.one_of(st.integers(1, 7), st.just(5000)),
    stops=st.sampled_from([[], [], [], [0], [1], [2, 1]]),
)


@pytest.mark.timeout(300)
@settings(
    max_examples=60,
    deadline=None,
    print_blob=True,
    # every example has providers of its own, so that they may share the stores
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
@given(uploads=st.lists(UPLOADS, min_size=1, max_size=4))
async def test_random_catalogues_end_as_the_reference_says(
    environment: dict[str, str], shop: Workshop, database_url: str, uploads: list[Upload]
) -> None:
    suffix = uuid4().hex[:8]
    catalogue = Catalogue()
    connection = await asyncpg.connect(database_url)
    try:
        for number, upload in enumerate(uploads):
            message = put_upload(
                environment,
                upload.sheet.content(),
                task_id=_task_id(suffix, number),
                proveedor_id=f"{PROVIDERS[upload.proveedor]}-{suffix}",
                reemplazar_duplicados=upload.replace,
                accepted_at=NOON + timedelta(seconds=upload.accepted_second),
            )
            outcome = _expected(catalogue, message, upload.sheet)
            await _handle(shop, upload, message)
            await _assert_told(environment, connection, message, outcome)
        for provider in PROVIDERS:
            await _assert_stored(connection, catalogue, f"{provider}-{suffix}")
    finally:
        await connection.close()


def _task_id(suffix: str, number: int) -> UUID:
    """An id whose order among those of the example does not depend on chance; the second comes first."""
    return UUID(f"{suffix}{number ^ 1:024x}")


def _expected(catalogue: Catalogue, message: UploadMessage, sheet: Sheet) -> Outcome:
    return catalogue.apply(
        sheet.numbered(),
        proveedor_id=message.proveedor_id,
        replace=message.reemplazar_duplicados,
        accepted_at=message.accepted_at,
        task_id=message.task_id,
    )


async def _handle(shop: Workshop, upload: Upload, message: UploadMessage) -> None:
    small = replace(shop, rows_per_step=upload.rows_per_step, batch_max_rows=upload.batch_max_rows)
    for batches in upload.stops:
        stopped = replace(small, stopping=StopAfter(batches))
        assert await process_upload(stopped, message, "test") in (Retry("released", 0), Done())
    assert await process_upload(small, message, "test") == Done()


async def _assert_told(
    environment: dict[str, str], connection: asyncpg.Connection, message: UploadMessage, expected: Outcome
) -> None:
    account = await account_of(connection, message)
    record, resumen = account.record, expected.resumen
    assert record.status is TaskStatus.COMPLETED
    assert account.resumen == resumen
    parts = ("productos_creados", "productos_actualizados", "sin_cambios", "rechazados")
    assert resumen["total"] == sum(account.resumen[part] for part in parts)
    assert account.resumen["superados"] <= account.resumen["sin_cambios"]
    total, failed = resumen["total"], resumen["rechazados"]
    assert record.progress == Progress(total, total, total - failed, failed)
    assert [(error.fila, error.faults) for error in account.errors] == expected.rejected
    assert account.outputs == expected.created
    assert record.result is not None
    assert record.result["productos_creados"] == expected.created[:LIST_LIMIT]
    assert await redis_record(environment, message.task_id) == record


async def _assert_stored(connection: asyncpg.Connection, catalogue: Catalogue, proveedor_id: str) -> None:
    assert await products_in(connection, proveedor_id) == catalogue.products(proveedor_id)
    written = await connection.fetch(
        "SELECT id, accepted_at, task_id FROM products WHERE proveedor_id = $1", proveedor_id
    )
    assert {row["id"]: (row["accepted_at"], row["task_id"]) for row in written} == {
        product.values["id"]: product.written_by for product in catalogue._products.get(proveedor_id, [])
    }
