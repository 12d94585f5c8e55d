"""A file of rejected rows, mended and uploaded again: what becomes of it, and what its parent shows."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from common.failpoints import Failpoint
from common.messages import UploadMessage
from common.tasks import Progress, TaskStatus
from tests.support.catalogue_files import csv_file, product, products, products_in
from tests.support.error_files import HEADER, error_csv, error_workbook, reported
from tests.support.interruptions import StopAfter
from tests.support.stores import flush_redis
from tests.support.worker_shop import NOON, account_of, put_upload, redis_record
from worker.outcomes import Done, Retry
from worker.process import process_upload
from worker.workshop import Workshop

ROWS = products(30, faulty_every=5)
#: Their numbers in the file.
REJECTED = [6, 11, 16, 21, 26, 31]
Rows = dict[int, dict[str, str]]


class Clinic:
    """Imports a catalogue some rows of which are rejected, and then files that mend them."""

    def __init__(self, environment: dict[str, str], shop: Workshop, connection: asyncpg.Connection) -> None:
        self.environment = environment
        self.shop = shop
        self.connection = connection
        self._uploads = 0

    async def upload(self, content: bytes, **fields: Any) -> UploadMessage:
        """Import a file."""
        message = self.put(content, **fields)
        assert await process_upload(self.shop, message, "test") == Done()
        return message

    def put(self, content: bytes, **fields: Any) -> UploadMessage:
        """Put a file where the worker finds it."""
        self._uploads += 1
        accepted_at = NOON + timedelta(minutes=self._uploads)
        return put_upload(self.environment, content, **{"accepted_at": accepted_at} | fields)

    async def open_rows(self, upload: UploadMessage) -> list[int]:
        """The rejected rows that nothing has brought in, which is what the task shows of them."""
        account = await account_of(self.connection, upload)
        still_open = [error.fila for error in account.errors if error.resolved_by is None]
        assert account.record.resolved == account.record.progress.failed - len(still_open)
        return still_open

    async def resolved_by(self, upload: UploadMessage) -> dict[int, UUID | None]:
        errors = (await account_of(self.connection, upload)).errors
        return {error.fila: error.resolved_by for error in errors}

    async def origins(self, upload: UploadMessage) -> list[tuple[int, int | None]]:
        """Of each rejected row of a correction, its number and that of the row it was."""
        rows = await self.connection.fetch(
            "SELECT fila, origin_fila FROM task_row_errors WHERE task_id = $1 ORDER BY fila", upload.task_id
        )
        return [tuple(row) for row in rows]

    async def shows(self, upload: UploadMessage) -> None:
        """Hold what a poller sees against the ledger."""
        record = (await account_of(self.connection, upload)).record
        assert await redis_record(self.environment, upload.task_id) == record


@pytest.fixture
def clinic(environment: dict[str, str], shop: Workshop, connection: asyncpg.Connection) -> Clinic:
    return Clinic(environment, shop, connection)


@pytest.fixture
async def parent(clinic: Clinic) -> UploadMessage:
    upload = await clinic.upload(csv_file(ROWS))
    assert await clinic.open_rows(upload) == REJECTED
    return upload


def as_they_were(*filas: int) -> Rows:
    return {fila: ROWS[fila - 2] for fila in filas or REJECTED}


def mended(*filas: int) -> Rows:
    return {fila: row | {"precio_unitario": "12.50"} for fila, row in as_they_were(*filas).items()}


@pytest.mark.parametrize("extension", ["csv", "xlsx"])
async def test_mending_nothing_changes_nothing_and_mending_all_leaves_nothing_open(
    clinic: Clinic, parent: UploadMessage, extension: str
) -> None:
    write, name = (error_csv if extension == "csv" else error_workbook), f"errores.{extension}"
    before = await account_of(clinic.connection, parent)
    again = await clinic.upload(write(reported(parent.task_id, as_they_were())), filename=name)
    told = await account_of(clinic.connection, again)
    assert [error.faults for error in told.errors] == [error.faults for error in before.errors]
    assert await clinic.origins(again) == list(enumerate(REJECTED, start=2))
    assert await clinic.open_rows(parent) == REJECTED

    whole = await clinic.upload(write(reported(parent.task_id, mended())), filename=name)
    child = (await account_of(clinic.connection, whole)).record
    assert child.progress == Progress(6, 6, 6, 0)
    assert child.parent_task_id == parent.task_id
    assert await clinic.resolved_by(parent) == dict.fromkeys(REJECTED, whole.task_id)
    # nor is there anything left to do in the one that tried before
    assert await clinic.open_rows(again) == []
    record = (await account_of(clinic.connection, parent)).record
    assert (record.resolved, record.corrections) == (6, [again.task_id, whole.task_id])
    assert record.progress == before.record.progress
    assert record.revision == before.record.revision + 1
    assert len(await products_in(clinic.connection, "PROV001")) == 30
    await clinic.shows(parent)
    await clinic.shows(whole)


async def test_the_columns_of_a_report_are_told_as_such_and_warned_of_nobody(
    clinic: Clinic, parent: UploadMessage
) -> None:
    header = ["Motivo", "notas", " FILA ", "Tárea", *HEADER[4:], "columna"]
    rows = [
        row | {"Tárea": row["tarea"], " FILA ": row["fila"], "Motivo": "x", "notas": "ñ"}
        for row in reported(parent.task_id, mended())
    ]
    child = await clinic.upload(error_csv(rows, header))
    record = (await account_of(clinic.connection, child)).record
    told = [(column["header"], column["column"], column["how"]) for column in record.columns]
    assert told[:4] == [
        ("Motivo", None, "report"), ("notas", None, "ignored"), ("FILA", None, "report"),
        ("Tárea", None, "report"),
    ]  # fmt: skip
    assert told[-1] == ("columna", None, "report")
    ignored = [notice["params"] for notice in record.notices if notice["code"] == "columns_ignored"]
    assert ignored == [{"count": 1, "columns": ["B «notas»"]}]
    assert await clinic.open_rows(parent) == []


@pytest.mark.parametrize("stranger", ["another_provider", "nobody", "no_task"])
async def test_a_task_that_is_none_of_the_providers_makes_the_columns_like_any_other(
    clinic: Clinic, parent: UploadMessage, stranger: str
) -> None:
    names = {"another_provider": str(parent.task_id), "nobody": str(uuid4()), "no_task": "la de ayer"}
    content = error_csv(reported(names[stranger], mended()))
    child = await clinic.upload(content, proveedor_id="PROV002")
    record = (await account_of(clinic.connection, child)).record
    assert record.progress == Progress(6, 6, 6, 0)
    assert record.parent_task_id is None
    assert [column["how"] for column in record.columns[:4]] == ["ignored"] * 4
    assert [notice["code"] for notice in record.notices] == ["columns_ignored"]
    assert await clinic.open_rows(parent) == REJECTED


async def test_a_dry_run_of_a_correction_resolves_nothing(clinic: Clinic, parent: UploadMessage) -> None:
    before = (await account_of(clinic.connection, parent)).record
    rows = as_they_were(6, 11) | mended(16)
    child = await clinic.upload(error_csv(reported(parent.task_id, rows)), validar=True)
    record = (await account_of(clinic.connection, child)).record
    assert (record.parent_task_id, record.progress) == (parent.task_id, Progress(3, 3, 1, 2))
    assert await clinic.origins(child) == [(2, 6), (3, 11)]
    after = (await account_of(clinic.connection, parent)).record
    assert (after.resolved, after.revision, after.corrections) == (0, before.revision, [])


async def test_what_a_dry_run_rejected_is_mended_as_well(clinic: Clinic) -> None:
    parent = await clinic.upload(csv_file(ROWS), validar=True)
    await clinic.upload(error_csv(reported(parent.task_id, mended())))
    assert await clinic.open_rows(parent) == []


async def test_a_row_is_mended_once(clinic: Clinic, parent: UploadMessage) -> None:
    first = await clinic.upload(error_csv(reported(parent.task_id, mended(6, 11))))
    # twice in one file, and what the other file has brought in already
    rows = reported(parent.task_id, mended(11, 16))
    rows += reported(parent.task_id, {16: product("P00016-2", "C-2")})
    second = await clinic.upload(error_csv(rows), reemplazar_duplicados=True)
    assert (await account_of(clinic.connection, second)).record.progress == Progress(3, 3, 3, 0)
    assert await clinic.resolved_by(parent) == dict.fromkeys(REJECTED) | {
        6: first.task_id, 11: first.task_id, 16: second.task_id,
    }  # fmt: skip
    assert await clinic.open_rows(parent) == [21, 26, 31]


@pytest.mark.parametrize("fila", ["", "seis", "6,5", "-6", "0", "٦", "5", "9" * 400, "6 y 11"])
async def test_a_row_number_that_is_none_of_a_rejected_row_is_no_origin(
    clinic: Clinic, parent: UploadMessage, fila: str
) -> None:
    rows = reported(parent.task_id, mended(6, 11))
    rows[0]["fila"] = fila
    child = await clinic.upload(error_csv(rows))
    assert (await account_of(clinic.connection, child)).record.progress == Progress(2, 2, 2, 0)
    assert await clinic.open_rows(parent) == [6, 16, 21, 26, 31]


async def test_rows_of_another_task_and_new_ones_are_rows_like_any_other(
    clinic: Clinic, parent: UploadMessage
) -> None:
    other = await clinic.upload(csv_file(ROWS), proveedor_id="PROV001", reemplazar_duplicados=True)
    new = product("N1") | {"tarea": " ", "fila": "21"}
    rows = [new, *reported(parent.task_id, mended(6)), *reported(other.task_id, mended(11))]
    child = await clinic.upload(error_csv(rows))
    assert (await account_of(clinic.connection, child)).record.parent_task_id == parent.task_id
    assert await clinic.open_rows(parent) == [11, 16, 21, 26, 31]
    assert await clinic.open_rows(other) == REJECTED


async def test_a_correction_of_a_correction_mends_the_first_upload(
    clinic: Clinic, parent: UploadMessage
) -> None:
    rows = mended(6, 11) | as_they_were(16, 21)
    first = await clinic.upload(error_csv(reported(parent.task_id, rows)))
    assert await clinic.origins(first) == [(4, 16), (5, 21)]
    second = await clinic.upload(error_csv(reported(parent.task_id, mended(16, 21))))
    assert (await account_of(clinic.connection, second)).record.parent_task_id == parent.task_id
    assert await clinic.open_rows(parent) == [26, 31]


async def test_an_interrupted_correction_resolves_each_row_once(
    clinic: Clinic, parent: UploadMessage, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = replace(clinic.shop, rows_per_step=1, batch_max_rows=1)
    child = clinic.put(error_csv(reported(parent.task_id, mended(6, 11, 16, 21) | as_they_were(26))))
    stopped = replace(small, stopping=StopAfter(2))
    assert await process_upload(stopped, child, "test") == Retry("released", 0)
    assert await clinic.open_rows(parent) == [16, 21, 26, 31]

    def break_off(place: Failpoint) -> None:
        if place is Failpoint.BATCH_WRITTEN:
            raise OSError

    with monkeypatch.context() as patch:
        patch.setattr("worker.attempt.failpoint", break_off)
        patch.setattr("worker.process._TRIES_IN_PLACE", 1)
        patch.setattr("worker.process._PATIENCE_SECONDS", 0)
        assert await process_upload(small, child, "test") == Retry("store_fault")
    # its transaction had it all, and is gone
    assert await clinic.open_rows(parent) == [16, 21, 26, 31]
    revision = (await account_of(clinic.connection, parent)).record.revision

    assert await process_upload(small, child, "test") == Done()
    assert await clinic.open_rows(parent) == [26, 31]
    record = (await account_of(clinic.connection, parent)).record
    assert (record.resolved, record.revision) == (4, revision + 2)
    await clinic.shows(parent)


@pytest.mark.parametrize("end", ["completed", "cancelled"])
async def test_a_message_that_finds_its_correction_over_tells_of_the_parent(
    clinic: Clinic, parent: UploadMessage, end: str
) -> None:
    child = clinic.put(error_csv(reported(parent.task_id, mended(6, 11))))
    small = replace(clinic.shop, rows_per_step=1, batch_max_rows=1, stopping=StopAfter(1))
    if end == "completed":
        assert await process_upload(clinic.shop, child, "test") == Done()
    else:
        assert await process_upload(small, child, "test") == Retry("released", 0)
        await clinic.connection.execute(
            "UPDATE tasks SET status = 'cancelled', completed_at = now(), revision = revision + 1"
            " WHERE task_id = $1", child.task_id,
        )  # fmt: skip
    await flush_redis(clinic.environment["REDIS_URL"])
    assert await process_upload(clinic.shop, child, "test") == Done()
    await clinic.shows(parent)
    await clinic.shows(child)
    assert await clinic.open_rows(parent) == ([16] if end == "completed" else [11, 16]) + [21, 26, 31]


async def test_rows_are_read_as_they_were_among_all(clinic: Clinic) -> None:
    """What a point means shows in other rows, of which the file of errors has none."""
    rows = [
        product("P1", precio_unitario="12,50", stock_minimo="1.000.000"),
        product("P2", precio_unitario="1.234", stock_minimo="2.500", categoria=""),
    ]
    parent = await clinic.upload(csv_file(rows))
    again = {3: rows[1] | {"categoria": "Curación"}}
    await clinic.upload(error_csv(reported(parent.task_id, again)))
    (mended_product,) = [row for row in await products_in(clinic.connection, "PROV001") if row["id"] == "P2"]
    assert (mended_product["precio_unitario"], mended_product["stock_minimo"]) == (1234, 2500)
    assert await clinic.open_rows(parent) == []

    # alone, nobody could tell
    alone = await clinic.upload(csv_file([again[3] | {"id": "P3", "codigo": "C3"}]))
    (error,) = (await account_of(clinic.connection, alone)).errors
    assert [fault["code"] for fault in error.faults] == ["decimal_point_ambiguous"] * 2


async def test_signs_that_contradicted_each_other_still_do(clinic: Clinic) -> None:
    rows = [
        product("P1", precio_unitario="12,50"),
        product("P2", precio_unitario="12.50"),
        product("P3", precio_unitario="$ 1.250"),
    ]
    parent = await clinic.upload(csv_file(rows))
    child = await clinic.upload(error_csv(reported(parent.task_id, {4: rows[2]})))
    errors = [(await account_of(clinic.connection, upload)).errors for upload in (parent, child)]
    assert errors[0][0].faults == errors[1][0].faults
    assert await clinic.open_rows(parent) == [4]


async def test_a_file_without_rows_of_a_task_is_read_to_its_end(clinic: Clinic) -> None:
    rows = [row | {"fila": "2"} for row in products(3)]
    child = await clinic.upload(error_csv(rows))
    record = (await account_of(clinic.connection, child)).record
    assert (record.status, record.parent_task_id) == (TaskStatus.COMPLETED, None)
    assert record.progress == Progress(3, 3, 3, 0)


async def test_a_correction_that_is_refused_fails_and_mends_nothing(
    clinic: Clinic, parent: UploadMessage
) -> None:
    header = [name for name in HEADER if name != "nombre"]
    child = await clinic.upload(error_csv(reported(parent.task_id, mended()), header))
    record = (await account_of(clinic.connection, child)).record
    assert (record.status, record.error_code) == (TaskStatus.FAILED, "missing_columns")
    assert "similar" not in record.error_params
    assert await clinic.open_rows(parent) == REJECTED
