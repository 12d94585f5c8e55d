"""One delivery of one upload, by the real reading child into real stores: what becomes of it."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from redis.asyncio import Redis

from common.aws import aws_client
from common.ledger import turn_key
from common.messages import UploadMessage
from common.tasks import Progress, TaskRecord, TaskStatus, TaskStore
from common.texts import render_task_error
from infra.embedded.stores import Stores
from tests.reference import Catalogue
from tests.support.catalogue_files import (
    csv_file,
    expected_outcome,
    product,
    products,
    products_in,
)
from tests.support.interruptions import (
    StopAfter,
    kind_of_upload,
    provider_lock,
    server_that_breaks_off,
    waits_for,
)
from tests.support.stores import flush_redis
from tests.support.waiting import eventually
from tests.support.worker_shop import (
    NOBODY,
    NOON,
    Account,
    account_of,
    put_upload,
    redis_record,
    worker_settings,
    workshop,
)
from worker import ledger
from worker.effects import Effect
from worker.outcomes import Done, Lost, Outcome, Retry
from worker.process import process_upload
from worker.processors.catalog.processor import CatalogProcessor
from worker.processors.catalog.writer import CatalogWriter
from worker.storage import Storage
from worker.workshop import Workshop

DATA = Path(__file__).parents[2] / "data"
BROKEN: dict[str, Any] = json.loads((DATA / "rotos" / "esperado.json").read_text(encoding="utf-8"))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """An upload that a store fails is given back at once, instead of waiting where it is."""
    monkeypatch.setattr("worker.process._TRIES_IN_PLACE", 1)
    monkeypatch.setattr("worker.process._PATIENCE_SECONDS", 0)


async def process(shop: Workshop, upload: UploadMessage) -> Outcome:
    return await process_upload(shop, upload, "correlation-1")


async def test_a_catalogue_becomes_products(
    environment: dict[str, str], shop: Workshop, connection: asyncpg.Connection
) -> None:
    rows = [*products(95, faulty_every=10), product("P00001"), {}, product("P00096", "C-P00002")]
    upload = put_upload(environment, csv_file(rows))
    assert await process(shop, upload) == Done()
    catalogue = Catalogue()
    outcome = expected_outcome(catalogue, upload, rows)
    account = await account_of(connection, upload)
    assert account.record.status is TaskStatus.COMPLETED
    assert account.record.progress == Progress(97, 97, 86, 11)
    assert account.record.result == {
        "resumen": outcome.resumen,
        "productos_creados": outcome.created,
    }
    assert [(error.fila, error.faults) for error in account.errors] == outcome.rejected
    assert account.outputs == outcome.created
    assert account.attempts == [(1, 0, "completed")]
    assert await products_in(connection, "PROV001") == catalogue.products("PROV001")
    assert await redis_record(environment, upload.task_id) == account.record


async def test_what_the_readers_noticed_reaches_the_task(
    environment: dict[str, str], shop: Workshop, connection: asyncpg.Connection
) -> None:
    rows = [{**row, "nombre": "Catéter"} for row in products(30, faulty_every=10)]
    upload = put_upload(environment, csv_file(rows).decode().encode("cp1252"))
    stopped = replace(shop, stopping=StopAfter(1), batch_max_rows=10)
    assert await process(stopped, upload) == Retry("released", 0)
    begun = (await account_of(connection, upload)).record
    assert "encoding_windows_1252" in [notice["code"] for notice in begun.notices]
    assert begun.facts["encoding"]
    assert [column["column"] for column in begun.columns][:2] == ["id", "nombre"]
    assert await process(shop, upload) == Done()
    record = (await account_of(connection, upload)).record
    assert (record.notices, record.columns, record.facts) == (begun.notices, begun.columns, begun.facts)
    assert sum(group.rows for group in record.fault_groups) >= record.progress.failed == 3
    assert record.fault_groups[0].first_fila == record.row_errors[0].fila
    assert await redis_record(environment, upload.task_id) == record


async def test_a_product_that_changes_its_keys_keeps_the_day_of_its_creation(
    environment: dict[str, str], shop: Workshop, connection: asyncpg.Connection
) -> None:
    created = "SELECT created_at FROM products WHERE codigo = '1' OR id = 'b'"
    await process(shop, put_upload(environment, csv_file([product("a", "1"), product("b", "2")])))
    before = await connection.fetch(created)
    changed = put_upload(
        environment,
        csv_file([product("z", "1"), product("b", "9")]),
        reemplazar_duplicados=True,
        accepted_at=NOON + timedelta(seconds=1),
    )
    assert await process(shop, changed) == Done()
    assert await connection.fetch(created) == before
    rows = await connection.fetch(
        "SELECT id, codigo, task_id, updated_at > created_at AS changed FROM products"
    )
    assert {
        (row["id"], row["codigo"], row["task_id"] == changed.task_id, row["changed"]) for row in rows
    } == {
        ("z", "1", True, True),
        ("b", "9", True, True),
    }


@pytest.mark.parametrize("name", [name for name, expected in BROKEN.items() if "tarea" in expected])
async def test_a_broken_file_fails_its_task(
    environment: dict[str, str], shop: Workshop, connection: asyncpg.Connection, name: str
) -> None:
    upload = put_upload(environment, (DATA / "rotos" / name).read_bytes(), filename=name)
    assert await process(shop, upload) == Done()
    record = await failed_record(environment, connection, upload)
    assert record.error_code == BROKEN[name]["tarea"]["error_code"]
    sentence = render_task_error(record.error_code or "", record.error_params, "es")
    assert sentence == BROKEN[name]["tarea"]["error"]


async def test_an_upload_that_is_gone_fails_its_task(
    environment: dict[str, str], shop: Workshop, connection: asyncpg.Connection
) -> None:
    upload = _moved(put_upload(environment, b"id\n"), s3_key="uploads/none")
    assert await process(shop, upload) == Done()
    assert (await failed_record(environment, connection, upload)).error_code == "upload_missing"


@pytest.mark.usefixtures("impatient")
async def test_a_bucket_that_is_gone_may_come_back(environment: dict[str, str], shop: Workshop) -> None:
    upload = _moved(put_upload(environment, b"id\n"), s3_bucket="no-such-bucket")
    assert await process(shop, upload) == Retry("store_fault")


def _moved(upload: UploadMessage, **fields: str) -> UploadMessage:
    return UploadMessage(**{name: getattr(upload, name) for name in upload.__struct_fields__} | fields)


async def test_a_kind_that_nobody_knows_fails_its_task(
    environment: dict[str, str], shop: Workshop, connection: asyncpg.Connection
) -> None:
    upload = put_upload(environment, b"id\n", kind="horoscope")
    assert await process(shop, upload) == Done()
    record = await failed_record(environment, connection, upload)
    assert (record.error_code, record.error_params) == ("unknown_kind", {"kind": "horoscope"})


async def failed_record(
    environment: Mapping[str, str], connection: asyncpg.Connection, upload: UploadMessage
) -> TaskRecord:
    account = await account_of(connection, upload)
    assert (account.record.status, account.record.result) == (TaskStatus.FAILED, None)
    assert account.record.completed_at is not None
    assert account.attempts[-1][2] == "failed"
    assert await redis_record(environment, upload.task_id) == account.record
    return account.record


async def test_a_file_that_takes_too_much_memory_fails_at_once(
    environment: dict[str, str], shop: Workshop, connection: asyncpg.Connection
) -> None:
    upload = put_upload(environment, csv_file(products(3)), kind="wild")
    with kind_of_upload("wild", _wild("eats_memory")):
        assert await process(replace(shop, max_attempts=5), upload) == Done()
    assert (await failed_record(environment, connection, upload)).error_code == "reader_limits"


async def test_a_redelivery_of_a_finished_task_only_repairs_redis(
    environment: dict[str, str], shop: Workshop, connection: asyncpg.Connection
) -> None:
    uploads = [
        put_upload(environment, csv_file(products(25, faulty_every=5))),
        put_upload(environment, b"id\n"),
    ]
    for upload in uploads:
        await process(shop, upload)
    before = [await account_of(connection, upload) for upload in uploads]
    await flush_redis(environment["REDIS_URL"])
    for upload, account in zip(uploads, before, strict=True):
        assert await process(shop, upload) == Done()
        assert await redis_record(environment, upload.task_id) == account.record
    assert [await account_of(connection, upload) for upload in uploads] == before


async def test_a_second_delivery_of_a_running_task_steals_nothing(
    environment: dict[str, str], shop: Workshop, connection: asyncpg.Connection, database_url: str
) -> None:
    upload = put_upload(environment, csv_file(products(30)))
    async with provider_lock(database_url) as lock, workshop(environment) as other:
        running = asyncio.create_task(process(shop, upload))
        await lock.someone_waits()
        # the batch that is being written locks the task's row; nobody waits for that
        outcome = await process(other, upload)
        assert isinstance(outcome, Retry)
        assert outcome.reason == "held"
        assert 0 < (outcome.after_seconds or 0) <= shop.lease_seconds + 1
    assert await running == Done()
    account = await account_of(connection, upload)
    assert account.attempts == [(1, 0, "completed")]
    assert account.record.progress == Progress(30, 30, 30, 0)


async def test_an_attempt_that_was_passed_over_writes_nothing_more(
    environment: dict[str, str], shop: Workshop, connection: asyncpg.Connection, database_url: str
) -> None:
    rows = products(95, faulty_every=7)
    upload = put_upload(environment, csv_file(rows))
    small = replace(shop, batch_max_rows=10)
    async with provider_lock(database_url) as lock, workshop(environment) as other:
        frozen = asyncio.create_task(process(small, upload))
        for _ in range(3):
            await lock.someone_waits()
            await lock.step()
        # it stands in the middle of its fourth batch: the claim has its turn behind it
        await lock.someone_waits()
        taking_over = asyncio.create_task(_take_over(database_url, upload))
        await waits_for("advisory", connection)
        await lock.step()
        await taking_over
        await lock.release()
        assert await frozen == Lost()
        await connection.execute("UPDATE tasks SET lease_until = NULL")
        assert await process(other, upload) == Done()
    account = await account_of(connection, upload)
    assert [attempt[2] for attempt in account.attempts] == ["lost", "lost", "completed"]
    assert account.resumen == expected_outcome(Catalogue(), upload, rows).resumen


async def _take_over(database_url: str, upload: UploadMessage) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        # both at once, before the next batch
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", turn_key(upload.task_id))
            await connection.execute("UPDATE tasks SET lease_until = clock_timestamp() - interval '1 hour'")
            standing = await ledger.claim(
                connection, upload, owner="thief", lease_seconds=60, correlation_id="correlation-2"
            )
        assert isinstance(standing, ledger.Claim)
    finally:
        await connection.close()


@pytest.mark.parametrize("batches", [0, 1, 4])
async def test_a_worker_that_is_told_to_stop_finishes_its_batch_and_another_the_rest(
    environment: dict[str, str], shop: Workshop, connection: asyncpg.Connection, batches: int
) -> None:
    rows = products(95, faulty_every=7)
    upload = put_upload(environment, csv_file(rows))
    stopped = replace(shop, stopping=StopAfter(batches), batch_max_rows=10)
    assert await process(stopped, upload) == Retry("released", 0)
    account = await account_of(connection, upload)
    assert account.batches == [(11 + 10 * number, 10) for number in range(batches)]
    assert await process(shop, upload) == Done()
    account = await account_of(connection, upload)
    assert account.attempts == [(1, 0, "released"), (2, 10 * batches + 1 if batches else 0, "completed")]
    outcome = expected_outcome(Catalogue(), upload, rows)
    assert (account.resumen, account.outputs) == (outcome.resumen, outcome.created)
    assert [(error.fila, error.faults) for error in account.errors] == outcome.rejected


@pytest.mark.parametrize("comes_back", [True, False])
async def test_without_postgresql_the_upload_waits(
    environment: dict[str, str], shop: Workshop, stores: Stores, comes_back: bool
) -> None:
    upload = put_upload(environment, csv_file(products(5)))
    await stores.postgres.stop()
    processing = asyncio.create_task(process(shop, upload))

    async def it_waits() -> bool:
        return not shop.gate.standing["postgresql"]

    await eventually(it_waits)
    if comes_back:
        await stores.postgres.start()
    else:
        shop.stopping.set()
    assert await processing == (Done() if comes_back else Retry("stopped", 0))
    expected = Progress(5, 5, 5, 0) if comes_back else None
    assert await _progress(environment, upload) == expected


@pytest.mark.usefixtures("impatient")
async def test_a_postgresql_that_dies_in_mid_import_costs_nothing(
    environment: dict[str, str], shop: Workshop, stores: Stores, database_url: str
) -> None:
    rows = products(95, faulty_every=7)
    upload = put_upload(environment, csv_file(rows))
    async with provider_lock(database_url) as lock:
        running = asyncio.create_task(process(replace(shop, batch_max_rows=10), upload))
        for _ in range(3):
            await lock.someone_waits()
            await lock.step()
        await stores.postgres.kill()
        assert await running == Retry("store_fault")
    await stores.postgres.start()
    connection = await asyncpg.connect(database_url)
    try:
        before = await account_of(connection, upload)
        assert before.batches == [(11, 10), (21, 10), (31, 10)]
        # nobody could give the lease back
        await connection.execute("UPDATE tasks SET lease_until = clock_timestamp() - interval '1 ms'")
        assert await process(shop, upload) == Done()
        account = await account_of(connection, upload)
    finally:
        await connection.close()
    assert account.attempts == [(1, 0, "lost"), (2, 31, "completed")]
    assert account.resumen == expected_outcome(Catalogue(), upload, rows).resumen


async def _progress(environment: Mapping[str, str], upload: UploadMessage) -> Progress | None:
    record = await redis_record(environment, upload.task_id)
    return None if record is None else record.progress


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("fault", ["nobody listens", "it breaks off"])
async def test_without_s3_the_upload_waits(
    environment: dict[str, str], shop: Workshop, connection: asyncpg.Connection, fault: str
) -> None:
    upload = put_upload(environment, csv_file(products(20_000)))
    async with server_that_breaks_off(environment["AWS_ENDPOINT_URL"], 1_000_000) as breaks_off:
        url = f"http://{NOBODY}" if fault == "nobody listens" else breaks_off
        async with aws_client("s3", worker_settings(environment, aws_endpoint_url=url)) as s3:
            without_s3 = replace(shop, storage=Storage(s3, "a-bucket"))
            assert await process(without_s3, upload) == Retry("store_fault")
    assert (await account_of(connection, upload)).attempts == [(1, 0, "retry")]
    assert await process(shop, upload) == Done()
    assert await _progress(environment, upload) == Progress(20_000, 20_000, 20_000, 0)


async def test_without_redis_the_upload_completes(
    environment: dict[str, str], shop: Workshop, connection: asyncpg.Connection
) -> None:
    upload = put_upload(environment, csv_file(products(30)))
    async with Redis.from_url(f"redis://{NOBODY}") as nobody:
        assert await process(replace(shop, tasks=TaskStore(nobody)), upload) == Done()
    assert (await account_of(connection, upload)).record.status is TaskStatus.COMPLETED


async def test_a_redis_that_hangs_holds_nothing_up(
    environment: dict[str, str], shop: Workshop, connection: asyncpg.Connection
) -> None:
    upload = put_upload(environment, csv_file(products(95)))
    async with Redis.from_url(environment["REDIS_URL"]) as redis:
        await redis.client_pause(60_000, all=False)
        try:
            assert await process(replace(shop, batch_max_rows=10), upload) == Done()
        finally:
            await redis.client_unpause()
    assert (await account_of(connection, upload)).record.status is TaskStatus.COMPLETED


def _wild(checker: str) -> CatalogProcessor:
    processor = CatalogProcessor()
    processor.checker = f"tests.support.wild_checkers:{checker}"
    return processor


class _FailingWriter(CatalogWriter):
    async def write(self, *_: Any, **__: Any) -> Any:
        raise ZeroDivisionError


class _Failing(CatalogProcessor):
    """A processor with a bug."""

    writer = _FailingWriter


@pytest.mark.parametrize(
    ("processor", "reason", "code"),
    [
        (_wild("raises"), "reader_crashed", "file_unreadable"),
        (_Failing(), "crashed", "internal_error"),
    ],
    ids=["reading", "writing"],
)
async def test_a_crash_is_tried_again_and_then_fails_the_task(
    environment: dict[str, str],
    shop: Workshop,
    connection: asyncpg.Connection,
    processor: CatalogProcessor,
    reason: str,
    code: str,
) -> None:
    upload = put_upload(environment, csv_file(products(3)), kind="wild")
    stopped = replace(shop, stopping=StopAfter(0))
    with kind_of_upload("wild", processor):
        for _ in range(shop.max_attempts - 1):
            assert await process(shop, upload) == Retry(reason)
        if code == "internal_error":
            # an attempt that was cut short is none of those
            assert await process(stopped, upload) == Retry("released", 0)
        assert await process(shop, upload) == Done()
    assert (await failed_record(environment, connection, upload)).error_code == code
    crashes = [outcome for _, _, outcome in (await account_of(connection, upload)).attempts[:2]]
    assert crashes == ["crashed", "crashed"]


async def test_a_crash_that_passes_leaves_no_trace_in_the_counters(
    environment: dict[str, str], shop: Workshop, connection: asyncpg.Connection
) -> None:
    rows = products(45, faulty_every=7)
    upload = put_upload(environment, csv_file(rows), kind="passing")
    with kind_of_upload("passing", _Failing()):
        assert isinstance(await process(shop, upload), Retry)
    with kind_of_upload("passing", CatalogProcessor()):
        assert await process(shop, upload) == Done()
    account: Account = await account_of(connection, upload)
    assert account.resumen == expected_outcome(Catalogue(), upload, rows).resumen


async def test_a_reader_killed_in_mid_file_goes_on_where_it_was(
    environment: dict[str, str], shop: Workshop, connection: asyncpg.Connection
) -> None:
    rows = [{"id": str(number), "codigo": f"C{number}"} for number in range(30)] + [
        {"id": "die", "codigo": "x"}
    ]
    upload = put_upload(environment, csv_file(rows, header=["id", "codigo"]), kind="wild")
    with kind_of_upload("wild", _Counting("tests.support.wild_checkers:dies_at_row")):
        outcome = await process(replace(shop, rows_per_step=5), upload)
    assert isinstance(outcome, Retry)
    first = await account_of(connection, upload)
    with kind_of_upload("wild", _Counting("tests.support.wild_checkers:takes_all")):
        assert await process(shop, upload) == Done()
    account = await account_of(connection, upload)
    assert account.record.progress == Progress(31, 31, 31, 0)
    assert account.attempts[1] == (2, first.batches[-1][0] if first.batches else 0, "completed")


class _CountingWriter(CatalogWriter):
    async def stage(self, connection: Any, batch: Any) -> bool:
        return False

    async def write(self, connection: Any, batch: Any, *, staged: bool) -> Effect:
        return Effect(successful=len(batch.checked), failed=len(batch.rejected))


class _Counting(CatalogProcessor):
    """Counts rows, and writes nothing."""

    writer = _CountingWriter

    def __init__(self, checker: str) -> None:
        self.checker = checker


async def test_two_uploads_of_a_provider_at_once_lose_nothing(
    environment: dict[str, str], shop: Workshop, connection: asyncpg.Connection
) -> None:
    rows = products(60)
    small = replace(shop, batch_max_rows=10)
    uploads = [
        put_upload(environment, csv_file(rows), reemplazar_duplicados=True, task_id=uuid4(), accepted_at=NOON)
        for _ in range(3)
    ]
    assert await asyncio.gather(*(process(small, upload) for upload in uploads)) == [Done()] * 3
    last = max(uploads, key=lambda upload: upload.task_id)
    assert await connection.fetch("SELECT DISTINCT task_id FROM products") == [(last.task_id,)]
    created = [(await account_of(connection, upload)).resumen["productos_creados"] for upload in uploads]
    assert sum(created) == 60
