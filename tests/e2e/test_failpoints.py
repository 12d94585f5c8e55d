"""A process that dies between two effects, in every gap: whoever goes on brings the task to the same end."""

import json
import signal
from collections.abc import Mapping
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from common.failpoints import VARIABLE, Failpoint
from common.ledger import read_task
from common.messages import UploadMessage
from common.tasks import TaskStatus
from tests.support.catalog_api import UPLOAD, catalog_process, objects
from tests.support.catalogue_files import csv_file, products_in
from tests.support.interruptions import provider_lock
from tests.support.made_error_files import ordered, stored
from tests.support.operations import operation
from tests.support.recovery import letter_of
from tests.support.stores import queue_url, sqs_client
from tests.support.undisturbed import ROWS, assert_undisturbed
from tests.support.worker_process import worker_process
from tests.support.worker_shop import (
    NOBODY,
    account_of,
    put_upload,
    queue_is_empty,
    redis_record,
    send,
    waiting_messages,
)
from worker.dead_letters import bury

#: Where a worker can die with an upload at hand, and at which visit.
IMPORT = [
    (Failpoint.MESSAGE_RECEIVED, 1),
    (Failpoint.CLAIM_WRITTEN, 1),
    (Failpoint.TASK_CLAIMED, 1),
    (Failpoint.TASK_OPENED, 1),
    (Failpoint.RECORD_OFFERED, 1),
    (Failpoint.RECORD_STORED, 2),
    (Failpoint.BATCH_WRITTEN, 1),
    (Failpoint.BATCH_COMMITTED, 1),
    (Failpoint.BATCH_WRITTEN, 5),
    (Failpoint.BATCH_COMMITTED, 5),
    (Failpoint.END_WRITTEN, 1),
    (Failpoint.END_COMMITTED, 1),
    (Failpoint.MESSAGE_SETTLING, 1),
    (Failpoint.MESSAGE_SETTLED, 1),
]
DRY_RUN = [(Failpoint.BATCH_WRITTEN, 5), (Failpoint.BATCH_COMMITTED, 5), (Failpoint.END_WRITTEN, 1)]
PASSING_OVER = [Failpoint.MESSAGE_PASSED_OVER, Failpoint.COPY_SENT, Failpoint.ORIGINAL_DELETED]
REFUSAL = [Failpoint.END_WRITTEN, Failpoint.END_COMMITTED]
STOP = [Failpoint.LEASE_RELEASED, Failpoint.MESSAGE_SETTLING, Failpoint.MESSAGE_SETTLED]
UPLOADING = [
    Failpoint.UPLOAD_CHECKED,
    Failpoint.PARTS_STORED,
    Failpoint.UPLOAD_STORED,
    Failpoint.PENDING_RECORDED,
    Failpoint.UPLOAD_ANNOUNCED,
]
#: An upload that came so far is in S3, and no message speaks of it.
UNANNOUNCED = [Failpoint.UPLOAD_STORED, Failpoint.PENDING_RECORDED]
CANCELLING = [Failpoint.CANCEL_COMMITTED, Failpoint.CANCEL_RECORDED]
BURYING = [
    Failpoint.LETTER_WRITTEN,
    Failpoint.LETTER_BURIED,
    Failpoint.LETTER_RECORDED,
    Failpoint.LETTER_DELETED,
]
REDRIVING = [Failpoint.TASK_REOPENED, Failpoint.LETTER_SENT, Failpoint.LETTER_NOTED]
ANNOUNCING = [Failpoint.ANNOUNCEMENT_SENT, Failpoint.ANNOUNCEMENT_NOTED]
#: What follows the end of an import, and repeats.
AFTERWARDS = [Failpoint.ERROR_FILE_STORED, Failpoint.WEBHOOK_POSTED]
EXPIRING = [Failpoint.OBJECT_REMOVED, Failpoint.TASK_REMOVED]

FILE = csv_file(ROWS)
#: More than one part in S3, most of it in a column that nobody knows.
LARGE_FILE = csv_file(({**row, "notas": "x" * 70_000} for row in ROWS), [*ROWS[0], "notas"])
KEY = {"Idempotency-Key": "pedido-42"}
KILLED = -signal.SIGKILL


async def worker_dies(environment: Mapping[str, str], place: Failpoint, visit: int = 1) -> None:
    armed = {VARIABLE: f"{place}:{visit}"}
    async with worker_process(environment, VISIBILITY_TIMEOUT_SECONDS="1", **armed) as worker:
        assert await worker.ended() == KILLED


async def drained(environment: Mapping[str, str], suffix: str = "") -> None:
    """Let a worker handle whatever there is until the queue holds nothing."""
    async with worker_process(environment, VISIBILITY_TIMEOUT_SECONDS="1"):
        await queue_is_empty(environment, suffix)


def test_every_failpoint_is_passed_below() -> None:
    flat = [*PASSING_OVER, *REFUSAL, *STOP, *UPLOADING, *CANCELLING, *BURYING, *REDRIVING]
    flat += [*ANNOUNCING, *EXPIRING, *AFTERWARDS]
    assert {*flat, *(place for place, _ in IMPORT)} == set(Failpoint)


@pytest.mark.parametrize(("place", "visit"), IMPORT)
async def test_a_worker_that_dies_importing(
    environment: dict[str, str], connection: asyncpg.Connection, place: Failpoint, visit: int
) -> None:
    upload = put_upload(environment, FILE, reemplazar_duplicados=True)
    send(environment, upload)
    await worker_dies(environment, place, visit)
    await drained(environment)
    await assert_undisturbed(environment, connection, upload)


@pytest.mark.parametrize("place", PASSING_OVER)
async def test_a_worker_that_dies_leaving_a_message_for_later(
    environment: dict[str, str], connection: asyncpg.Connection, database_url: str, place: Failpoint
) -> None:
    large = put_upload(environment, FILE, reemplazar_duplicados=True, proveedor_id="OTRO")
    send(environment, large)
    async with provider_lock(database_url, "OTRO") as lock:
        small_for_large = {"VISIBILITY_TIMEOUT_SECONDS": "1", "LARGE_FILE_MB": "0.001"}
        async with worker_process(environment, **small_for_large, **{VARIABLE: place}) as worker:
            await lock.someone_waits()
            upload = put_upload(environment, FILE, reemplazar_duplicados=True)
            send(environment, upload)
            assert await worker.ended() == KILLED
    await drained(environment)
    await assert_undisturbed(environment, connection, upload)
    assert (await account_of(connection, large)).resumen == (await account_of(connection, upload)).resumen


@pytest.mark.parametrize(("place", "visit"), DRY_RUN)
async def test_a_worker_that_dies_in_a_dry_run(
    environment: dict[str, str], connection: asyncpg.Connection, place: Failpoint, visit: int
) -> None:
    dry = put_upload(environment, FILE, reemplazar_duplicados=True, validar=True)
    send(environment, dry)
    await worker_dies(environment, place, visit)
    # and once more in the middle of clearing away what the first attempt had counted
    await worker_dies(environment, Failpoint.CLAIM_WRITTEN)
    await drained(environment)
    assert await products_in(connection, "PROV001") == []
    dry_account = await account_of(connection, dry)
    assert [cursor for _, cursor, _ in dry_account.attempts] == [0, 0]
    assert await redis_record(environment, dry.task_id) == dry_account.record

    upload = put_upload(environment, FILE, reemplazar_duplicados=True)
    send(environment, upload)
    await drained(environment)
    await assert_undisturbed(environment, connection, upload)
    account = await account_of(connection, upload)
    assert dry_account.record.result == {"validacion": True, **(account.record.result or {})}
    assert (dry_account.errors, dry_account.outputs) == (account.errors, account.outputs)
    assert dry_account.record.fault_groups == account.record.fault_groups
    assert dry_account.record.progress == account.record.progress


@pytest.mark.parametrize("place", REFUSAL)
async def test_a_worker_that_dies_refusing_a_file(
    environment: dict[str, str], connection: asyncpg.Connection, place: Failpoint
) -> None:
    upload = put_upload(environment, b"id;nombre\n")
    send(environment, upload)
    await worker_dies(environment, place)
    await drained(environment)
    account = await account_of(connection, upload)
    assert (account.record.status, account.record.error_code) == (TaskStatus.FAILED, "missing_columns")
    assert await redis_record(environment, upload.task_id) == account.record


@pytest.mark.parametrize("place", STOP)
async def test_a_worker_that_dies_stopping(
    environment: dict[str, str], connection: asyncpg.Connection, place: Failpoint
) -> None:
    upload = put_upload(environment, FILE, reemplazar_duplicados=True)
    send(environment, upload)
    async with (
        provider_lock(environment["DATABASE_URL"]) as lock,
        worker_process(environment, **{VARIABLE: place}) as worker,
    ):
        await lock.someone_waits()
        worker.send(signal.SIGTERM)
        await lock.release()
        assert await worker.ended() == KILLED
    await drained(environment)
    await assert_undisturbed(environment, connection, upload)


async def test_a_worker_that_dies_with_an_error_file_made(
    environment: dict[str, str], connection: asyncpg.Connection
) -> None:
    upload = put_upload(environment, FILE, reemplazar_duplicados=True)
    send(environment, upload)
    await drained(environment)
    order = ordered(upload, (await account_of(connection, upload)).record, "xlsx")
    send(environment, order)
    await worker_dies(environment, Failpoint.ERROR_FILE_STORED)
    made = stored(environment, order)
    assert made is not None
    await drained(environment)
    assert stored(environment, order) == made
    await assert_undisturbed(environment, connection, upload)


async def test_a_worker_that_dies_with_the_end_of_a_task_told(
    environment: dict[str, str], connection: asyncpg.Connection
) -> None:
    upload = put_upload(environment, FILE, reemplazar_duplicados=True)
    send(environment, upload)
    # nobody listens there: that the try is noted is all there is to see
    webhook = {"url": f"http://{NOBODY}", "secret": "whsec_" + "MDEy" * 8}
    nobody = {"WEBHOOKS": json.dumps({"*": webhook})}
    async with worker_process(environment, **nobody, **{VARIABLE: Failpoint.WEBHOOK_POSTED}) as worker:
        assert await worker.ended() == KILLED
    assert await connection.fetchval("SELECT attempts FROM webhook_deliveries") == 1
    await connection.execute("UPDATE webhook_deliveries SET next_at = clock_timestamp()")
    async with worker_process(environment, VISIBILITY_TIMEOUT_SECONDS="1", **nobody) as worker:
        await worker.has_logged("webhook_failed")
        await queue_is_empty(environment)
    assert await connection.fetchval("SELECT attempts FROM webhook_deliveries") == 2
    await assert_undisturbed(environment, connection, upload)


async def uploaded(port: int, content: bytes, headers: Mapping[str, str]) -> httpx.Response:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        return await client.post(
            UPLOAD,
            params={"proveedor_id": "PROV001", "reemplazar_duplicados": "true"},
            files={"file": ("productos.csv", content)},
            headers=headers,
        )


async def api_dies(
    environment: Mapping[str, str], place: Failpoint, content: bytes, headers: Mapping[str, str]
) -> None:
    async with catalog_process({**environment, VARIABLE: place}) as (api, port):
        with pytest.raises(httpx.TransportError):
            await uploaded(port, content, headers)
        assert await api.wait() == KILLED


async def upload_of(connection: asyncpg.Connection, environment: Mapping[str, str]) -> UploadMessage:
    """The only upload that there is, in S3 and in the ledger."""
    (key,) = objects(environment)
    (task_id,) = [row["task_id"] for row in await connection.fetch("SELECT task_id FROM tasks")]
    assert key == f"uploads/{task_id}"
    record = await read_task(connection, task_id)
    assert record is not None
    accepted_at = await connection.fetchval("SELECT accepted_at FROM tasks")
    return UploadMessage(
        task_id=task_id,
        s3_bucket=environment["S3_BUCKET_NAME"],
        s3_key=key,
        filename="productos.csv",
        proveedor_id="PROV001",
        reemplazar_duplicados=True,
        accepted_at=accepted_at,
    )


@pytest.mark.parametrize("place", UPLOADING)
async def test_an_api_that_dies_taking_an_upload(
    environment: dict[str, str], connection: asyncpg.Connection, place: Failpoint
) -> None:
    content = LARGE_FILE if place is Failpoint.PARTS_STORED else FILE
    await api_dies(environment, place, content, KEY)
    async with catalog_process(environment) as (_, port):
        answers = [await uploaded(port, content, KEY) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    (task_id,) = {answer.json()["task_id"] for answer in answers}
    await drained(environment)
    upload = await upload_of(connection, environment)
    assert upload.task_id == UUID(task_id)
    await assert_undisturbed(environment, connection, upload)


@pytest.mark.parametrize("place", UNANNOUNCED)
async def test_an_upload_that_no_message_speaks_of(
    environment: dict[str, str], connection: asyncpg.Connection, place: Failpoint
) -> None:
    await api_dies(environment, place, FILE, {})
    assert waiting_messages(environment) == (0, 0)
    await operation(environment, "reconcile")
    await drained(environment)
    await assert_undisturbed(environment, connection, await upload_of(connection, environment))


@pytest.mark.parametrize("place", CANCELLING)
async def test_an_api_that_dies_cancelling(
    environment: dict[str, str], connection: asyncpg.Connection, place: Failpoint
) -> None:
    upload = put_upload(environment, FILE)
    send(environment, upload)
    path = f"/api/catalog/bulk-upload/{upload.task_id}/cancel"
    async with catalog_process({**environment, VARIABLE: place}) as (api, port):
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            with pytest.raises(httpx.TransportError):
                await client.post(path)
        assert await api.wait() == KILLED
    async with (
        catalog_process(environment) as (_, port),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        again = await client.post(path)
        assert (again.status_code, again.json()["code"]) == (409, "task_over")
    await drained(environment)
    account = await account_of(connection, upload)
    assert account.record.status is TaskStatus.CANCELLED
    assert await redis_record(environment, upload.task_id) == account.record
    assert await products_in(connection, upload.proveedor_id) == []


@pytest.mark.parametrize("place", BURYING)
async def test_a_worker_that_dies_burying_a_dead_letter(
    environment: dict[str, str], connection: asyncpg.Connection, place: Failpoint
) -> None:
    upload = put_upload(environment, FILE)
    sqs_client(environment).send_message(
        QueueUrl=queue_url(environment, "-dlq"), MessageBody=upload.to_body()
    )
    await worker_dies(environment, place)
    await drained(environment, "-dlq")
    account = await account_of(connection, upload)
    assert (account.record.status, account.record.error_code) == (TaskStatus.FAILED, "too_many_attempts")
    assert account.record.revision == 2
    assert await redis_record(environment, upload.task_id) == account.record
    assert await connection.fetchval("SELECT count(*) FROM dead_letters") == 1


@pytest.mark.parametrize("place", REDRIVING)
async def test_an_operator_who_is_cut_off_redriving(
    environment: dict[str, str], connection: asyncpg.Connection, place: Failpoint
) -> None:
    upload = put_upload(environment, FILE, reemplazar_duplicados=True)
    await bury(connection, letter_of(upload, str(uuid4())), 0)
    await operation({**environment, VARIABLE: place}, "dlq-redrive", exit_code=KILLED)
    await operation(environment, "dlq-redrive")
    assert await connection.fetchval("SELECT count(*) FROM dead_letters WHERE redriven_at IS NULL") == 0
    await drained(environment)
    await assert_undisturbed(environment, connection, upload)


@pytest.mark.parametrize("place", ANNOUNCING)
async def test_a_reconciler_that_dies_announcing(
    environment: dict[str, str], connection: asyncpg.Connection, place: Failpoint
) -> None:
    upload = put_upload(environment, FILE, reemplazar_duplicados=True)
    await operation({**environment, VARIABLE: place}, "reconcile", exit_code=KILLED)
    await operation(environment, "reconcile")
    await drained(environment)
    await assert_undisturbed(environment, connection, upload)


@pytest.mark.parametrize("place", EXPIRING)
async def test_a_reconciler_that_dies_clearing_away(
    environment: dict[str, str], connection: asyncpg.Connection, place: Failpoint
) -> None:
    uploads = [put_upload(environment, FILE) for _ in range(2)]
    for upload in uploads:
        send(environment, upload)
    await drained(environment)
    await connection.execute("UPDATE tasks SET completed_at = completed_at - interval '31 days'")
    await operation({**environment, VARIABLE: place}, "reconcile", exit_code=KILLED)
    await operation(environment, "reconcile")
    assert objects(environment) == {}
    assert await connection.fetchval("SELECT count(*) FROM tasks") == 0
    # nothing that was cleared away is taken for an upload that was forgotten
    assert waiting_messages(environment) == (0, 0)
