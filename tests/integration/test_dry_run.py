"""A dry run tells exactly what the import then does, writes nothing, and keeps nobody waiting."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.messages import UploadMessage
from common.tasks import Progress, TaskStatus
from tests.integration.test_import_property import PROVIDERS, UPLOADS, Upload, _handle
from tests.support.catalogue_files import csv_file, product, products, products_in
from tests.support.interruptions import StandStill, StopAfter, provider_lock
from tests.support.recovery import long_silent, received, record_of, recovery
from tests.support.waiting import eventually
from tests.support.worker_shop import NOON, Account, account_of, put_upload, redis_record, workshop
from worker.outcomes import Done, Retry
from worker.process import process_upload
from worker.workshop import Workshop

ALL_PRODUCTS = "SELECT p::text FROM products AS p ORDER BY proveedor_id, id"


def told(account: Account) -> dict[str, Any]:
    """All that a client is told of a completed task, but whether it was a dry run."""
    record = account.record
    assert record.status is TaskStatus.COMPLETED
    assert record.result is not None
    return {
        "progress": record.progress,
        "result": {name: value for name, value in record.result.items() if name != "validacion"},
        "row_errors": account.errors,
        "shown": record.row_errors,
        "fault_groups": record.fault_groups,
        "reading": (record.columns, record.notices, record.facts),
        "outputs": account.outputs,
    }


@pytest.mark.timeout(300)
@settings(
    max_examples=20,
    deadline=None,
    print_blob=True,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
@given(uploads=st.lists(UPLOADS, min_size=1, max_size=3))
async def test_a_dry_run_of_a_random_catalogue_tells_what_its_import_does(
    environment: dict[str, str], shop: Workshop, database_url: str, uploads: list[Upload]
) -> None:
    suffix = uuid4().hex[:8]
    connection = await asyncpg.connect(database_url)
    try:
        for number, upload in enumerate(uploads):
            before = await connection.fetch(ALL_PRODUCTS)
            accounts = []
            for validar in (True, False):
                message = put_upload(
                    environment,
                    upload.sheet.content(),
                    task_id=_task_id(suffix, number, validar=validar),
                    proveedor_id=f"{PROVIDERS[upload.proveedor]}-{suffix}",
                    reemplazar_duplicados=upload.replace,
                    validar=validar,
                    accepted_at=NOON + timedelta(seconds=upload.accepted_second),
                )
                await _handle(shop, upload, message)
                accounts.append(await account_of(connection, message))
                assert await redis_record(environment, message.task_id) == accounts[-1].record
                if validar:
                    assert await connection.fetch(ALL_PRODUCTS) == before
            assert told(accounts[0]) == told(accounts[1])
            assert [_is_marked(account) for account in accounts] == [True, False]
    finally:
        await connection.close()


def _task_id(suffix: str, number: int, *, validar: bool) -> UUID:
    """An id whose order among those of the example does not depend on chance; a dry run's is next to its
    import's, and the second upload's come first."""
    return UUID(f"{suffix}{(number ^ 1) * 2 + (not validar):024x}")


def _is_marked(account: Account) -> bool:
    return (account.record.result or {}).get("validacion", False) is True


async def test_a_dry_run_that_is_stopped_begins_again(
    environment: dict[str, str], shop: Workshop, connection: asyncpg.Connection
) -> None:
    # in one attempt the last row would meet the first as its duplicate, and so it must in the last attempt
    rows = [*products(94, faulty_every=7), product("P00001")]
    upload = put_upload(environment, csv_file(rows), validar=True)
    for batches in (3, 5):
        stopped = replace(shop, stopping=StopAfter(batches), batch_max_rows=10)
        assert await process_upload(stopped, upload, "test") == Retry("released", 0)
        assert (await account_of(connection, upload)).record.progress.processed == 10 * batches
    assert await process_upload(shop, upload, "test") == Done()
    account = await account_of(connection, upload)
    assert account.attempts == [(1, 0, "released"), (2, 0, "released"), (3, 0, "completed")]
    assert await connection.fetch(ALL_PRODUCTS) == []

    imported = put_upload(environment, csv_file(rows))
    assert await process_upload(shop, imported, "test") == Done()
    assert told(account) == told(await account_of(connection, imported))


async def test_a_dry_run_holds_nobody_up_and_waits_for_nobody(
    environment: dict[str, str], shop: Workshop, connection: asyncpg.Connection, database_url: str
) -> None:
    dry = put_upload(environment, csv_file(products(30)), validar=True)
    real = put_upload(environment, csv_file(products(30)))
    async with StandStill.before(
        database_url, "INSERT", "task_batches", f"NEW.task_id = '{dry.task_id}'"
    ) as stand_still:
        running = asyncio.create_task(process_upload(shop, dry, "test"))
        # in the middle of a batch, its rows written where nobody sees them
        await stand_still.somebody_is_there()
        assert await process_upload(shop, real, "test") == Done()
        assert len(await products_in(connection, "PROV001")) == 30
        await stand_still.end()
        assert await running == Done()
    # it knew the products as they were when it began
    assert (await account_of(connection, dry)).resumen["productos_creados"] == 30
    async with provider_lock(database_url):
        again = put_upload(environment, csv_file(products(30)), validar=True)
        assert await process_upload(shop, again, "test") == Done()
    assert (await account_of(connection, again)).resumen["duplicados"] == 30


async def test_no_connection_of_the_pool_has_seen_a_dry_run(
    environment: dict[str, str], shop: Workshop, connection: asyncpg.Connection
) -> None:
    for validar in (True, False, True, False):
        upload = put_upload(environment, csv_file(products(25)), validar=validar, reemplazar_duplicados=True)
        assert await process_upload(shop, upload, "test") == Done()
    assert len(await products_in(connection, "PROV001")) == 25
    sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'carga-worker'"
    temporary = """
        SELECT count(*) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
         WHERE n.nspname LIKE 'pg_temp%' AND c.relname = 'products'
    """
    assert await connection.fetchval(sessions) >= 1

    async def nothing_is_left() -> bool:
        return bool(await connection.fetchval(temporary) == 0)

    await eventually(nothing_is_left)


async def test_a_search_path_that_looks_at_temporary_tables_last_changes_nothing(
    environment: dict[str, str], connection: asyncpg.Connection, database_url: str
) -> None:
    name = database_url.rpartition("/")[2].partition("?")[0]
    await connection.execute(f'ALTER DATABASE "{name}" SET search_path = "$user", public, pg_temp')
    upload = put_upload(environment, csv_file(products(25)), validar=True)
    async with workshop(environment) as shop:
        assert await process_upload(shop, upload, "test") == Done()
    assert (await account_of(connection, upload)).resumen["productos_creados"] == 25
    assert await connection.fetch(ALL_PRODUCTS) == []


async def test_a_dry_run_whose_file_is_refused_fails(
    environment: dict[str, str], shop: Workshop, connection: asyncpg.Connection
) -> None:
    upload = put_upload(environment, b"id;nombre\n", validar=True)
    assert await process_upload(shop, upload, "test") == Done()
    record = (await account_of(connection, upload)).record
    assert (record.status, record.error_code) == (TaskStatus.FAILED, "missing_columns")


async def test_a_dry_run_that_went_astray_is_announced_as_one(environment: dict[str, str]) -> None:
    async with recovery(environment) as made:
        waiting = put_upload(environment, csv_file(products(3)), validar=True)
        started = put_upload(environment, csv_file(products(300)), validar=True)
        stopped = replace(made.shop, stopping=StopAfter(1), batch_max_rows=10)
        assert await process_upload(stopped, started, "test") == Retry("released", 0)
        await made.connection.execute("UPDATE task_attempts SET ended_at = now() - interval '1 hour'")
        await long_silent(made.connection, started)
        await made.reconciler(silence=0).run_round()
        messages = {message.task_id: message for message in received(environment)}
        assert {task_id: message.validar for task_id, message in messages.items()} == {
            waiting.task_id: True,
            started.task_id: True,
        }
        assert await process_upload(made.shop, messages[started.task_id], "test") == Done()
        record = await record_of(made.connection, started)
        assert record.progress == Progress(300, 300, 300, 0)
        assert await made.connection.fetch(ALL_PRODUCTS) == []


def test_a_dry_run_travels_in_message_and_metadata() -> None:
    task_id = uuid4()
    upload = UploadMessage(
        task_id=task_id, s3_bucket="b", s3_key="k", filename="p.csv", proveedor_id="P",
        reemplazar_duplicados=False, accepted_at=NOON, validar=True,
    )  # fmt: skip
    read = UploadMessage.from_metadata(
        upload.to_metadata(), task_id=task_id, s3_bucket="b", s3_key="k", size_bytes=None
    )
    assert read == upload == UploadMessage.from_body(upload.to_body())
    assert msgspec.structs.replace(read, validar=False) != upload
