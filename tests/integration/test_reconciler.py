"""What no message accounts for is put right: uploads, tasks, parts, and what is older than it is kept."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any

import asyncpg
import msgspec
import pytest

from common.ledger import read_task
from common.messages import CORRELATION_ATTRIBUTE, UploadMessage, object_key, report_key
from common.tasks import Progress, TaskStatus
from infra.embedded.stores import Stores
from tests.support.catalog_api import objects, unfinished
from tests.support.catalogue_files import csv_file, products, products_in
from tests.support.faulty_proxy import Fault, FaultyProxy
from tests.support.interruptions import StandStill, provider_lock
from tests.support.ledger_rows import insert_batch, insert_row_errors
from tests.support.recovery import (
    LONG,
    Recovery,
    begun,
    letter_of,
    long_silent,
    received,
    record_of,
    recovery,
    statements_refused,
)
from tests.support.stores import queue_url, s3_client, sqs_client
from tests.support.waiting import eventually
from tests.support.worker_process import worker_process
from tests.support.worker_shop import account_of, put_upload, send, waiting_messages
from worker.dead_letters import bury
from worker.reports import Finding
from worker.storage import StorageUnavailable
from worker.upload_queue import QueueUnavailable

NOTHING = Finding.of([])
DAY = 86_400.0


@pytest.fixture
async def made(environment: dict[str, str]) -> AsyncIterator[Recovery]:
    async with recovery(environment) as wired:
        yield wired


def found(*uploads: UploadMessage) -> Finding:
    return Finding.of(sorted(str(upload.task_id) for upload in uploads))


def as_announced(upload: UploadMessage) -> UploadMessage:
    """What the object tells of an upload: all but the checksum of its content."""
    return msgspec.structs.replace(upload, sha256=None)


async def announced(made: Recovery, **ages: float) -> Finding:
    """Look for uploads that nobody knows, with an empty queue."""
    return await made.reconciler(**{"silence": 0, **ages}).announce_uploads(made.connection, 0, dry_run=False)


# uploads that the ledger does not know


async def test_an_upload_that_nobody_knows_is_announced_as_it_was(
    environment: dict[str, str], made: Recovery
) -> None:
    upload = put_upload(
        environment, csv_file(products(3)), reemplazar_duplicados=True, filename="año nuevo.csv"
    )
    assert await announced(made) == found(upload)
    assert received(environment) == [as_announced(upload)]


async def test_it_keeps_the_correlation_id_of_its_request(
    environment: dict[str, str], made: Recovery
) -> None:
    upload = put_upload(environment, b"")
    s3_client(environment).put_object(
        Bucket=upload.s3_bucket,
        Key=upload.s3_key,
        Metadata={**upload.to_metadata(), CORRELATION_ATTRIBUTE: "correlation-7"},
    )
    await announced(made)
    delivery = await made.uploads.receive()
    assert delivery is not None
    assert delivery.correlation_id == "correlation-7"


async def test_one_that_the_ledger_knows_is_left_alone(environment: dict[str, str], made: Recovery) -> None:
    upload = put_upload(environment, b"x")
    await begun(made.connection, upload)
    assert await announced(made) == NOTHING
    assert received(environment) == []


async def test_a_young_one_is_left_alone(environment: dict[str, str], made: Recovery) -> None:
    put_upload(environment, b"x")
    assert await announced(made, silence=LONG) == NOTHING
    assert received(environment) == []


async def test_one_announced_lately_is_left_alone(environment: dict[str, str], made: Recovery) -> None:
    upload = put_upload(environment, b"x")
    await announced(made)
    await made.connection.execute("UPDATE announcements SET sent_at = now() + interval '1 minute'")
    assert await announced(made) == NOTHING
    await made.connection.execute("UPDATE announcements SET sent_at = now() - interval '1 minute'")
    assert await announced(made) == found(upload)
    assert received(environment) == [as_announced(upload)] * 2


async def test_while_there_are_messages_an_upload_waits_longer(
    environment: dict[str, str], made: Recovery
) -> None:
    upload = put_upload(environment, b"x")
    send(environment, upload)
    report = await made.reconciler(silence=0).run_round()
    assert report is not None
    assert report.uploads_announced == NOTHING
    report = await made.reconciler(silence=0, in_a_crowd=0).run_round()
    assert report is not None
    assert report.uploads_announced == found(upload)


async def test_a_message_that_a_worker_holds_is_one_too(environment: dict[str, str], made: Recovery) -> None:
    upload = put_upload(environment, b"x")
    send(environment, upload)
    sqs_client(environment).receive_message(QueueUrl=queue_url(environment), VisibilityTimeout=60)
    assert waiting_messages(environment) == (0, 1)
    report = await made.reconciler(silence=0).run_round()
    assert report is not None
    assert report.uploads_announced == NOTHING


async def test_what_the_api_did_not_put_is_left_alone(environment: dict[str, str], made: Recovery) -> None:
    upload = put_upload(environment, b"x")
    s3, bucket = s3_client(environment), environment["S3_BUCKET_NAME"]
    s3.put_object(Bucket=bucket, Key=upload.s3_key, Body=b"no metadata")
    s3.put_object(Bucket=bucket, Key="uploads/README.txt")
    s3.put_object(Bucket=bucket, Key=f"uploads/{upload.task_id}/copy", Metadata=upload.to_metadata())
    s3.put_object(Bucket=bucket, Key=f"elsewhere/{upload.task_id}", Metadata=upload.to_metadata())
    assert await announced(made) == NOTHING
    assert received(environment) == []


async def test_uploads_and_parts_on_every_page_are_found(environment: dict[str, str]) -> None:
    uploads = [put_upload(environment, b"x") for _ in range(5)]
    names = [f"uploads/part-{number}" for number in range(5)]
    for name in names:
        s3_client(environment).create_multipart_upload(Bucket=environment["S3_BUCKET_NAME"], Key=name)
    async with recovery(environment, page_size=2) as made:
        assert set((await announced(made)).first) == {str(upload.task_id) for upload in uploads}
        assert await made.reconciler(parts=0).remove_parts(dry_run=False) == Finding.of(names)


async def test_cut_off_between_sending_and_noting_an_upload_is_announced_twice(
    environment: dict[str, str], made: Recovery
) -> None:
    upload = put_upload(environment, b"x")
    async with statements_refused(made.connection, "INSERT", "announcements"):
        with pytest.raises(asyncpg.RaiseError):
            await announced(made)
    assert await announced(made) == found(upload)
    assert received(environment) == [as_announced(upload)] * 2


async def test_cut_off_in_the_middle_by_the_queue_it_goes_on_with_the_rest(
    environment: dict[str, str],
) -> None:
    uploads = sorted((put_upload(environment, b"x") for _ in range(3)), key=lambda upload: upload.task_id)
    marker = str(uploads[1].task_id).encode()
    # of the requests that name this task the one to S3 comes first, and passes
    proxy = FaultyProxy(environment["AWS_ENDPOINT_URL"], b'\\"task_id\\":\\"' + marker, Fault.RESET)
    async with proxy.serve() as aws, recovery(environment, aws=aws) as made:
        with pytest.raises(QueueUnavailable):
            await announced(made)
        assert proxy.spoiled
        assert received(environment) == [as_announced(uploads[0])]
        proxy.fault = None
        await made.connection.execute("UPDATE announcements SET sent_at = now() + interval '1 minute'")
        assert await announced(made) == found(*uploads[1:])
        assert received(environment) == [as_announced(upload) for upload in uploads[1:]]


async def test_s3_away_is_told(environment: dict[str, str]) -> None:
    proxy = FaultyProxy(environment["AWS_ENDPOINT_URL"], b"list-type=2", Fault.RESET)
    async with proxy.serve() as aws, recovery(environment, aws=aws) as made:
        with pytest.raises(StorageUnavailable):
            await announced(made)


# tasks that their worker left


async def left(made: Recovery, *, messages: int = 0, **ages: float) -> Finding:
    reconciler = made.reconciler(**{"silence": 60, **ages})
    return await reconciler.announce_tasks(made.connection, messages, dry_run=False)


@pytest.mark.parametrize("released", [False, True])
async def test_a_task_that_its_worker_left_is_announced_as_it_was(
    environment: dict[str, str], made: Recovery, released: bool
) -> None:
    upload = put_upload(environment, csv_file(products(3)), reemplazar_duplicados=True, sha256="abc")
    await begun(made.connection, upload)
    await long_silent(made.connection, upload)
    if released:
        await made.connection.execute("UPDATE tasks SET lease_until = NULL")
    assert await left(made) == found(upload)
    delivery = await made.uploads.receive()
    assert delivery is not None
    assert UploadMessage.from_body(delivery.body) == upload
    assert delivery.correlation_id == "correlation-1"
    assert await left(made) == NOTHING


async def test_a_task_that_a_worker_holds_is_left_alone(environment: dict[str, str], made: Recovery) -> None:
    upload = put_upload(environment, b"x")
    await begun(made.connection, upload)
    await made.connection.execute("UPDATE tasks SET updated_at = now() - interval '1 hour'")
    assert await left(made) == NOTHING


@pytest.mark.parametrize(
    "sign_of_life",
    [
        "UPDATE tasks SET lease_until = now() - interval '59 seconds'",
        "UPDATE tasks SET lease_until = NULL, updated_at = now()",
        "UPDATE task_attempts SET ended_at = now()",
    ],
)
async def test_a_task_that_a_worker_held_lately_is_left_alone(
    environment: dict[str, str], made: Recovery, sign_of_life: str
) -> None:
    upload = put_upload(environment, b"x")
    await begun(made.connection, upload)
    await long_silent(made.connection, upload)
    await made.connection.execute(sign_of_life)
    assert await left(made) == NOTHING


async def test_while_there_are_messages_a_task_waits_longer(
    environment: dict[str, str], made: Recovery
) -> None:
    upload = put_upload(environment, b"x")
    await begun(made.connection, upload)
    await long_silent(made.connection, upload)
    assert await left(made, messages=1, in_a_crowd=2 * LONG) == NOTHING
    assert await left(made, messages=1, in_a_crowd=LONG / 2) == found(upload)


async def test_a_task_that_is_over_is_left_alone(environment: dict[str, str], made: Recovery) -> None:
    upload = put_upload(environment, b"x")
    await begun(made.connection, upload)
    await long_silent(made.connection, upload)
    await made.connection.execute(
        "UPDATE tasks SET status = 'completed', completed_at = now(), lease_until = NULL"
    )
    assert await left(made) == NOTHING


# parts


async def test_parts_that_nobody_goes_on_with_are_removed(
    environment: dict[str, str], made: Recovery
) -> None:
    s3, bucket = s3_client(environment), environment["S3_BUCKET_NAME"]
    keys = [object_key(put_upload(environment, b"x").task_id) for _ in range(2)]
    for key in keys:
        upload_id = s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
        s3.upload_part(Bucket=bucket, Key=key, UploadId=upload_id, PartNumber=1, Body=b"x")
    assert await made.reconciler(parts=LONG).remove_parts(dry_run=False) == NOTHING
    assert unfinished(environment) == 2
    finding = await made.reconciler(parts=0).remove_parts(dry_run=False)
    assert (finding.count, set(finding.first)) == (2, set(keys))
    assert unfinished(environment) == 0
    # the objects of these names are others
    assert set(objects(environment)) == set(keys)


async def test_an_upload_that_still_gets_parts_is_left_alone(
    environment: dict[str, str], made: Recovery
) -> None:
    s3, bucket = s3_client(environment), environment["S3_BUCKET_NAME"]
    key = "uploads/slow"
    upload_id = s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
    begun_at = s3.list_multipart_uploads(Bucket=bucket)["Uploads"][0]["Initiated"]

    async def begun_long_ago() -> bool:
        return (datetime.now(UTC) - begun_at).total_seconds() > 5

    await eventually(begun_long_ago)
    s3.upload_part(Bucket=bucket, Key=key, UploadId=upload_id, PartNumber=1, Body=b"x")
    assert await made.reconciler(parts=4).remove_parts(dry_run=False) == NOTHING
    assert unfinished(environment) == 1


async def test_removing_parts_cut_off_in_the_middle_goes_on(environment: dict[str, str]) -> None:
    s3, bucket = s3_client(environment), environment["S3_BUCKET_NAME"]
    for name in ("uploads/a", "uploads/b"):
        s3.create_multipart_upload(Bucket=bucket, Key=name)
    proxy = FaultyProxy(environment["AWS_ENDPOINT_URL"], b"uploads/b?uploadId", Fault.RESET)
    async with proxy.serve() as aws, recovery(environment, aws=aws) as made:
        with pytest.raises(StorageUnavailable):
            await made.reconciler(parts=0).remove_parts(dry_run=False)
        assert unfinished(environment) == 1
        proxy.fault = None
        assert await made.reconciler(parts=0).remove_parts(dry_run=False) == Finding.of(["uploads/b"])
    assert unfinished(environment) == 0


# what is older than it is kept


async def over(made: Recovery, upload: UploadMessage, *, days: int) -> None:
    """Let the task have ended so long ago, with all that the ledger can hold of one."""
    await begun(made.connection, upload)
    await insert_batch(made.connection, upload.task_id, 11, ["P1"])
    await insert_row_errors(made.connection, upload.task_id, [3])
    await made.connection.execute(
        """
        UPDATE tasks SET status = 'completed', completed_at = now() - make_interval(days => $2),
                         updated_at = now() - make_interval(days => $2), lease_until = NULL
         WHERE task_id = $1
        """,
        upload.task_id,
        days,
    )


async def rows_of(made: Recovery, upload: UploadMessage) -> list[int]:
    """How many rows each table of the ledger holds of a task."""
    return [
        await made.connection.fetchval(f"SELECT count(*) FROM {table} WHERE task_id = $1", upload.task_id)
        for table in ("tasks", "task_attempts", "task_batches", "task_row_errors")
    ]


async def expired(made: Recovery, retention: float = 30 * DAY) -> Finding:
    return await made.reconciler(retention=retention).expire_tasks(made.connection, dry_run=False)


async def test_tasks_are_kept_for_so_long_and_no_longer(environment: dict[str, str], made: Recovery) -> None:
    old, young, unfinished_one = (put_upload(environment, b"x") for _ in range(3))
    await over(made, old, days=31)
    await over(made, young, days=29)
    await begun(made.connection, unfinished_one)
    await made.connection.execute(
        "UPDATE tasks SET updated_at = now() - interval '99 days' WHERE status = 'processing'"
    )
    assert await expired(made) == found(old)
    assert await rows_of(made, old) == [0, 0, 0, 0]
    assert await rows_of(made, young) == [1, 1, 1, 1]
    assert await rows_of(made, unfinished_one) == [1, 1, 0, 0]
    assert set(objects(environment)) == {young.s3_key, unfinished_one.s3_key}
    assert await expired(made) == NOTHING


async def test_an_object_or_a_bucket_that_is_gone_already_does_not_hold_up_the_rest(
    environment: dict[str, str], made: Recovery
) -> None:
    elsewhere = put_upload(environment, b"x")
    await over(made, elsewhere, days=31)
    await made.connection.execute("UPDATE tasks SET s3_bucket = 'a-bucket-that-is-gone'")
    gone = put_upload(environment, b"x")
    s3_client(environment).delete_object(Bucket=gone.s3_bucket, Key=gone.s3_key)
    await over(made, gone, days=32)
    assert (await expired(made)).count == 2
    assert await rows_of(made, elsewhere) == await rows_of(made, gone) == [0, 0, 0, 0]


async def test_cut_off_between_object_and_row_a_task_is_neither_lost_nor_imported_again(
    environment: dict[str, str], made: Recovery
) -> None:
    old = put_upload(environment, b"x")
    await over(made, old, days=31)
    async with statements_refused(made.connection, "DELETE", "tasks"):
        with pytest.raises(asyncpg.RaiseError):
            await expired(made)
    assert objects(environment) == {}
    assert await rows_of(made, old) == [1, 1, 1, 1]
    assert await announced(made) == NOTHING
    assert await expired(made) == found(old)
    assert await announced(made) == NOTHING


async def test_a_row_outlives_an_object_that_cannot_be_removed(environment: dict[str, str]) -> None:
    proxy = FaultyProxy(environment["AWS_ENDPOINT_URL"], b"DELETE /", Fault.RESET)
    old = put_upload(environment, b"x")
    async with proxy.serve() as aws, recovery(environment, aws=aws) as made:
        await over(made, old, days=31)
        with pytest.raises(StorageUnavailable):
            await expired(made)
        assert await rows_of(made, old) == [1, 1, 1, 1]
        proxy.fault = None
        assert await expired(made) == found(old)
    assert objects(environment) == {}


async def test_dead_letters_and_announcements_are_kept_for_so_long_and_no_longer(
    environment: dict[str, str], made: Recovery
) -> None:
    for name, days in (("old", 31), ("young", 29)):
        upload = put_upload(environment, b"x")
        await bury(made.connection, letter_of(upload, name), 0)
        await made.connection.execute(
            "UPDATE dead_letters SET buried_at = now() - make_interval(days => $2) WHERE message_id = $1",
            name,
            days,
        )
        await made.connection.execute(
            "INSERT INTO announcements VALUES ($1, $2, now() - make_interval(days => $3))",
            name,
            upload.task_id,
            days,
        )
    reconciler = made.reconciler(retention=30 * DAY)
    assert await reconciler.expire_letters(made.connection, dry_run=False) == Finding.of(["old"])
    for column, table in (("message_id", "dead_letters"), ("proveedor_id", "announcements")):
        assert await made.connection.fetchval(f"SELECT array_agg({column}) FROM {table}") == ["young"]


# error files


def put_report(environment: Mapping[str, str], upload: UploadMessage) -> str:
    key = report_key(upload.task_id, 3, "es", "xlsx")
    s3_client(environment).put_object(Bucket=upload.s3_bucket, Key=key, Body=b"x")
    return key


@pytest.mark.parametrize(
    ("ages", "kept"),
    [
        ({"reports": 0}, False),
        ({"reports": LONG}, True),
        # they hold what is not to be kept for longer than that
        ({"reports": LONG, "retention": 1e-9}, False),
        ({"reports": 0, "retention": 0}, False),
    ],
)
async def test_error_files_are_kept_for_a_while_whatever_became_of_the_task(
    environment: dict[str, str], made: Recovery, ages: dict[str, float], kept: bool
) -> None:
    upload = put_upload(environment, b"x")
    key = put_report(environment, upload)
    reconciler = made.reconciler(**ages)
    assert await reconciler.remove_reports(dry_run=True) == Finding.of([] if kept else [key])
    assert objects(environment).keys() == {upload.s3_key, key}
    assert await reconciler.remove_reports(dry_run=False) == Finding.of([] if kept else [key])
    assert objects(environment).keys() == {upload.s3_key, *([key] if kept else [])}


async def test_an_error_file_that_nobody_goes_on_with_is_given_back(
    environment: dict[str, str], made: Recovery
) -> None:
    key = "reports/abandoned"
    s3_client(environment).create_multipart_upload(Bucket=environment["S3_BUCKET_NAME"], Key=key)
    assert await made.reconciler(parts=0).remove_parts(dry_run=False) == Finding.of([key])
    assert unfinished(environment) == 0


async def test_an_error_file_is_no_upload(environment: dict[str, str], made: Recovery) -> None:
    put_report(environment, put_upload(environment, b"x"))
    assert (await announced(made)).count == 1


async def test_without_a_retention_everything_is_kept(environment: dict[str, str], made: Recovery) -> None:
    old = put_upload(environment, b"x")
    await over(made, old, days=10_000)
    report = await made.reconciler(retention=0).run_round()
    assert report is not None
    assert report.tasks_expired == NOTHING
    assert await rows_of(made, old) == [1, 1, 1, 1]


# rounds


async def with_something_of_everything(made: Recovery, environment: Mapping[str, str]) -> None:
    put_upload(environment, b"unknown")
    left_one = put_upload(environment, b"left")
    await begun(made.connection, left_one)
    await long_silent(made.connection, left_one)
    s3_client(environment).create_multipart_upload(
        Bucket=environment["S3_BUCKET_NAME"], Key="uploads/abandoned"
    )
    old = put_upload(environment, b"old")
    put_report(environment, old)
    await over(made, old, days=31)
    await bury(made.connection, letter_of(put_upload(environment, b"dead"), "old"), 0)
    await made.connection.execute("UPDATE dead_letters SET buried_at = now() - interval '31 days'")


async def everything(made: Recovery, environment: Mapping[str, str]) -> dict[str, Any]:
    """All that the stores hold."""
    tables = ("tasks", "task_attempts", "task_batches", "task_row_errors", "dead_letters", "announcements")
    rows = {name: await made.connection.fetch(f"SELECT * FROM {name} ORDER BY 1, 2") for name in tables}
    return rows | {
        "rounds": await made.connection.fetch("SELECT * FROM reconciler_rounds"),
        "objects": objects(environment),
        "parts": unfinished(environment),
        "queue": waiting_messages(environment),
    }


ALL_AT_ONCE: dict[str, float] = {"silence": 0, "retention": 30 * DAY, "parts": 0, "reports": 0}


async def test_a_dry_run_reports_what_a_round_would_do_and_changes_nothing(
    environment: dict[str, str], made: Recovery
) -> None:
    await with_something_of_everything(made, environment)
    before = await everything(made, environment)
    reconciler = made.reconciler(**ALL_AT_ONCE)
    foretold = await reconciler.run_round(dry_run=True)
    assert await everything(made, environment) == before
    assert foretold is not None
    assert foretold.dry_run
    assert set(foretold.counts().values()) == {1}
    done = await reconciler.run_round()
    assert done is not None
    assert not done.dry_run
    assert msgspec.to_builtins(done) == msgspec.to_builtins(foretold) | {"dry_run": False}
    after = await everything(made, environment)
    assert all(after[name] != before[name] for name in before.keys() - {"rounds"})


async def test_of_two_reconcilers_at_once_one_works(environment: dict[str, str], made: Recovery) -> None:
    upload = put_upload(environment, b"x")
    database_url = environment["DATABASE_URL"]
    async with StandStill.before(database_url, "INSERT", "announcements", "true") as still:
        first = asyncio.create_task(made.reconciler(silence=0).run_round())
        await still.somebody_is_there()
        async with recovery(environment) as other:
            assert await other.reconciler(silence=0).run_round() is None
        await still.end()
        report = await first
    assert report is not None
    assert report.uploads_announced == found(upload)
    assert received(environment) == [as_announced(upload)]


async def test_a_reconciler_that_is_cut_off_does_not_keep_the_next_from_working(
    environment: dict[str, str], made: Recovery
) -> None:
    upload = put_upload(environment, b"x")
    async with StandStill.before(environment["DATABASE_URL"], "INSERT", "announcements", "true") as still:
        first = asyncio.create_task(made.reconciler(silence=0).run_round())
        await still.somebody_is_there()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        await still.end()
    # its message is on the queue already
    report = await made.reconciler(silence=0, in_a_crowd=0).run_round()
    assert report is not None
    assert report.uploads_announced == found(upload)


async def test_a_reconciler_that_hangs_loses_its_turn(environment: dict[str, str], made: Recovery) -> None:
    upload = put_upload(environment, b"x")
    proxy = FaultyProxy(environment["AWS_ENDPOINT_URL"], b"list-type=2", Fault.HANG)
    async with proxy.serve() as aws, recovery(environment, aws=aws) as frozen:
        hanging = asyncio.create_task(frozen.reconciler(silence=0, turn_seconds=1).run_round())

        async def hangs() -> bool:
            return proxy.spoiled > 0

        await eventually(hangs)
        reconciler = made.reconciler(silence=0)
        assert await reconciler.run_round() is None

        async def works() -> bool:
            report = await reconciler.run_round()
            return report is not None and report.uploads_announced == found(upload)

        await eventually(works)
        assert not hanging.done()
        hanging.cancel()
        await asyncio.gather(hanging, return_exceptions=True)


async def test_rounds_keep_their_distance_whoever_makes_them(
    environment: dict[str, str], made: Recovery
) -> None:
    assert await made.reconciler().run_round(pause_seconds=60) is not None
    async with recovery(environment) as other:
        assert await other.reconciler().run_round(pause_seconds=60) is None
        # somebody who asks is not kept waiting
        assert await other.reconciler().run_round() is not None


# with a worker


QUICK = {"RECONCILE_EVERY_SECONDS": "0.5", "RECONCILE_AFTER_SECONDS": "3"}


async def stands(made: Recovery, upload: UploadMessage, status: TaskStatus) -> bool:
    record = await read_task(made.connection, upload.task_id)
    return record is not None and record.status is status


async def test_an_upload_whose_message_was_purged_is_imported_all_the_same(
    environment: dict[str, str], made: Recovery
) -> None:
    rows = products(30)
    upload = put_upload(environment, csv_file(rows))
    send(environment, upload)
    sqs_client(environment).purge_queue(QueueUrl=queue_url(environment))
    assert waiting_messages(environment) == (0, 0)
    async with worker_process(environment, **QUICK) as worker:
        await eventually(lambda: stands(made, upload, TaskStatus.COMPLETED))
        assert len(worker.events("upload_announced_again")) == 1
    assert len(await products_in(made.connection, upload.proveedor_id)) == 30


async def test_a_task_whose_worker_died_and_whose_message_was_purged_goes_on_from_its_cursor(
    environment: dict[str, str], made: Recovery
) -> None:
    upload = put_upload(environment, csv_file(products(60)))
    send(environment, upload)
    async with provider_lock(environment["DATABASE_URL"]) as lock:
        async with worker_process(environment, RECONCILE_EVERY_SECONDS="0") as worker:
            await lock.someone_waits()
            await lock.step()
            await lock.someone_waits()
            await worker.child.kill()
        sqs_client(environment).purge_queue(QueueUrl=queue_url(environment))
    committed = (await record_of(made.connection, upload)).progress.processed
    assert 0 < committed < 60
    async with worker_process(environment, **QUICK):
        await eventually(lambda: stands(made, upload, TaskStatus.COMPLETED))
    account = await account_of(made.connection, upload)
    assert account.record.progress == Progress(60, 60, 60, 0)
    assert account.attempts[-1][1] > 1
    assert sorted(account.outputs) == sorted(row["id"] for row in products(60))


async def test_what_nobody_foresaw_does_not_end_the_loop(environment: dict[str, str], made: Recovery) -> None:
    put_upload(environment, csv_file(products(10)))
    async with worker_process(environment, **QUICK) as worker:
        async with statements_refused(made.connection, "INSERT", "announcements"):
            await worker.has_logged("heartbeat_failed")
        upload = put_upload(environment, csv_file(products(10, first=100)))
        await eventually(lambda: stands(made, upload, TaskStatus.COMPLETED))
        assert worker.child.running


async def test_stores_away_never_take_the_worker_down(environment: dict[str, str], stores: Stores) -> None:
    async with worker_process(environment, **QUICK) as worker:
        await stores.postgres.kill()
        await worker.has_logged("reconcile_put_off")
        await stores.postgres.start()
        upload = put_upload(environment, csv_file(products(10)))

        async def imported() -> bool:
            async with recovery(environment) as after:
                return await stands(after, upload, TaskStatus.COMPLETED)

        await eventually(imported)
        assert worker.child.running
