"""Messages that the queue gave up on: recorded, their tasks failed, and tried again when somebody asks."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from common.ledger import read_task
from common.messages import UploadMessage
from common.tasks import Progress, TaskRecord, TaskStatus
from infra.embedded.stores import Stores
from tests.support.catalogue_files import csv_file, products, products_in
from tests.support.faulty_proxy import Fault, FaultyProxy
from tests.support.recovery import Recovery, recovery, statements_refused
from tests.support.stores import queue_url, sqs_client
from tests.support.waiting import eventually
from tests.support.worker_process import worker_process
from tests.support.worker_shop import (
    Account,
    account_of,
    put_upload,
    redis_record,
    send,
    waiting_messages,
)
from worker.dead_letters import Buried, bury
from worker.ledger import Claim, Held, claim
from worker.redrive import list_letters, redrive, reopen, waiting_letters
from worker.upload_queue import Delivery

GONE = (0, 0)
ROWS = products(20)


@pytest.fixture
async def made(environment: dict[str, str]) -> AsyncIterator[Recovery]:
    async with recovery(environment) as wired:
        yield wired


def send_dead(environment: dict[str, str], upload: UploadMessage | str) -> None:
    """Put a message among the dead letters."""
    body = upload if isinstance(upload, str) else upload.to_body()
    sqs_client(environment).send_message(QueueUrl=queue_url(environment, "-dlq"), MessageBody=body)


def letter_of(upload: UploadMessage | str, message_id: str = "message-1") -> Delivery:
    body = upload if isinstance(upload, str) else upload.to_body()
    return Delivery(message_id, body, "receipt", 11, "correlation-1")


async def begun(made: Recovery, upload: UploadMessage, *, lease_seconds: float) -> Claim:
    """Let an attempt at the task begin."""
    claimed = await claim(
        made.connection, upload, owner="worker-1/1", lease_seconds=lease_seconds, correlation_id="c-1"
    )
    assert isinstance(claimed, Claim)
    return claimed


async def long_ago(made: Recovery, upload: UploadMessage) -> None:
    """Put the task's last sign of life an hour back."""
    await made.connection.execute(
        """
        UPDATE tasks SET updated_at = now() - interval '1 hour', lease_until = now() - interval '1 hour'
         WHERE task_id = $1
        """,
        upload.task_id,
    )


async def letters_in(made: Recovery) -> list[dict[str, Any]]:
    rows = await made.connection.fetch("SELECT * FROM dead_letters ORDER BY message_id")
    return [dict(row) for row in rows]


async def record_of(made: Recovery, task_id: UUID) -> TaskRecord:
    record = await read_task(made.connection, task_id)
    assert record is not None
    return record


async def test_a_message_that_the_queue_gave_up_on_fails_its_task(
    environment: dict[str, str], made: Recovery
) -> None:
    upload = put_upload(environment, csv_file(ROWS))
    send(environment, upload, correlation_id="correlation-9")
    sqs, url = sqs_client(environment), queue_url(environment)
    for _ in range(11):
        sqs.receive_message(QueueUrl=url, VisibilityTimeout=0, WaitTimeSeconds=0)
    assert waiting_messages(environment, "-dlq") == (1, 0)
    await made.dead_letters().attend()
    assert waiting_messages(environment, "-dlq") == GONE
    record = await record_of(made, upload.task_id)
    assert (record.status, record.error_code) == (TaskStatus.FAILED, "too_many_attempts")
    assert record.completed_at is not None
    assert await redis_record(environment, upload.task_id) == record
    (letter,) = await letters_in(made)
    assert letter["task_id"] == upload.task_id
    assert letter["proveedor_id"] == upload.proveedor_id
    assert UploadMessage.from_body(letter["body"]) == upload
    assert letter["correlation_id"] == "correlation-9"
    assert letter["deliveries"] > 10
    assert (letter["reason"], letter["redriven_at"]) == ("too_many_attempts", None)


async def test_what_was_committed_stays_and_is_counted(environment: dict[str, str], made: Recovery) -> None:
    upload = put_upload(environment, csv_file(ROWS))
    await begun(made, upload, lease_seconds=60)
    await made.connection.execute("UPDATE tasks SET cursor = 11, processed = 10, successful = 9, failed = 1")
    await long_ago(made, upload)
    assert await bury(made.connection, letter_of(upload), 60) == Buried(
        await read_task(made.connection, upload.task_id)
    )
    account = await account_of(made.connection, upload)
    assert account.record.status is TaskStatus.FAILED
    assert account.record.progress == Progress(0, 10, 9, 1)
    assert account.attempts == [(1, 0, "lost")]


async def test_an_attempt_that_wakes_after_the_burial_writes_nothing(
    environment: dict[str, str], made: Recovery
) -> None:
    from worker.ledger import Fenced, fail, hold, renew

    upload = put_upload(environment, csv_file(ROWS))
    held = await begun(made, upload, lease_seconds=60)
    await long_ago(made, upload)
    await bury(made.connection, letter_of(upload), 60)
    for write in (
        hold(made.connection, held, 0),
        renew(made.connection, held, 60),
        fail(made.connection, held, "x", {}),
    ):
        with pytest.raises(Fenced):
            await write
    assert (await record_of(made, upload.task_id)).error_code == "too_many_attempts"


@pytest.mark.parametrize("status", [TaskStatus.COMPLETED, TaskStatus.CANCELLED, TaskStatus.FAILED])
async def test_a_task_that_is_over_stays_as_it_is(
    environment: dict[str, str], made: Recovery, status: TaskStatus
) -> None:
    upload = put_upload(environment, csv_file(ROWS))
    await begun(made, upload, lease_seconds=60)
    await made.connection.execute(
        """
        UPDATE tasks SET status = $1, completed_at = now(), updated_at = now() - interval '1 hour',
                         lease_until = NULL, error_code = CASE WHEN $1 = 'failed' THEN 'stalled' END
        """,
        status.value,
    )
    before = await account_of(made.connection, upload)
    send_dead(environment, upload)
    await made.dead_letters().attend()
    assert await account_of(made.connection, upload) == before
    assert await letters_in(made) == []
    assert waiting_messages(environment, "-dlq") == GONE
    # who polls may not have heard
    assert await redis_record(environment, upload.task_id) == before.record


async def test_a_task_that_an_attempt_holds_is_left_to_it(
    environment: dict[str, str], made: Recovery
) -> None:
    upload = put_upload(environment, csv_file(ROWS))
    await begun(made, upload, lease_seconds=60)
    before = await account_of(made.connection, upload)
    send_dead(environment, upload)
    await made.dead_letters().attend()
    assert await account_of(made.connection, upload) == before
    assert await letters_in(made) == []
    assert waiting_messages(environment, "-dlq") == (0, 1)


async def test_a_task_is_given_up_once_nobody_has_held_it_for_a_while(
    environment: dict[str, str], made: Recovery
) -> None:
    upload = put_upload(environment, csv_file(ROWS))
    await begun(made, upload, lease_seconds=0)
    send_dead(environment, upload)
    dead_letters = made.dead_letters()
    await dead_letters.attend()
    assert (await record_of(made, upload.task_id)).status is TaskStatus.PROCESSING

    async def given_up() -> bool:
        await dead_letters.attend()
        return (await record_of(made, upload.task_id)).status is TaskStatus.FAILED

    await eventually(given_up)
    assert waiting_messages(environment, "-dlq") == GONE


async def test_an_attempt_that_just_ended_counts_as_a_sign_of_life(
    environment: dict[str, str], made: Recovery
) -> None:
    upload = put_upload(environment, csv_file(ROWS))
    await begun(made, upload, lease_seconds=60)
    await long_ago(made, upload)
    await made.connection.execute("UPDATE tasks SET lease_until = NULL")
    await made.connection.execute(
        "UPDATE task_attempts SET outcome = 'crashed', ended_at = clock_timestamp()"
    )
    outcome = await bury(made.connection, letter_of(upload), 60)
    assert isinstance(outcome, Held)
    assert 50 < outcome.seconds <= 60


async def test_while_messages_wait_one_of_which_may_be_its_own_a_task_is_given_more_time(
    environment: dict[str, str], made: Recovery
) -> None:
    upload = put_upload(environment, csv_file(ROWS))
    await begun(made, upload, lease_seconds=60)
    await made.connection.execute(
        "UPDATE tasks SET updated_at = now() - interval '1 minute', lease_until = NULL"
    )
    send(environment, upload)
    send_dead(environment, upload)
    await made.dead_letters(longest_wait_seconds=900).attend()
    assert (await record_of(made, upload.task_id)).status is TaskStatus.PROCESSING
    assert waiting_messages(environment, "-dlq") == (0, 1)


async def test_a_task_that_is_locked_for_a_batch_is_left_alone(
    environment: dict[str, str], made: Recovery
) -> None:
    upload = put_upload(environment, csv_file(ROWS))
    await begun(made, upload, lease_seconds=60)
    await long_ago(made, upload)
    other = await asyncpg.connect(environment["DATABASE_URL"])
    async with other.transaction():
        await other.execute("SELECT FROM tasks FOR UPDATE")
        assert isinstance(await bury(made.connection, letter_of(upload), 60), Held)
    await other.close()
    assert isinstance(await bury(made.connection, letter_of(upload), 60), Buried)


@pytest.mark.parametrize(
    "body",
    [
        "hello",
        "{}",
        UploadMessage.from_body(
            '{"task_id":"b8f3cfb4-9f5e-4f0a-9c1e-0a52a2f5f9e5","s3_bucket":"b","s3_key":"k","filename":"f.csv",'
            '"proveedor_id":"P\\u0000","reemplazar_duplicados":false,"accepted_at":"2026-01-01T00:00:00Z"}'
        ).to_body(),
    ],
)
async def test_a_message_that_is_no_upload_is_recorded_without_a_task(
    environment: dict[str, str], made: Recovery, body: str
) -> None:
    send_dead(environment, body)
    await made.dead_letters().attend()
    (letter,) = await letters_in(made)
    assert (letter["body"], letter["reason"], letter["task_id"]) == (body, "unreadable", None)
    assert waiting_messages(environment, "-dlq") == GONE
    assert await made.connection.fetchval("SELECT count(*) FROM tasks") == 0
    assert await waiting_letters(made.connection, None) == []


async def test_a_message_delivered_again_after_its_burial_changes_nothing(
    environment: dict[str, str], made: Recovery
) -> None:
    upload = put_upload(environment, csv_file(ROWS))
    first = await bury(made.connection, letter_of(upload), 60)
    assert await bury(made.connection, letter_of(upload), 60) == first
    assert len(await letters_in(made)) == 1
    # not even when its task has been reopened since
    (waiting,) = await waiting_letters(made.connection, None)
    reopened = await reopen(made.connection, waiting)
    assert await bury(made.connection, letter_of(upload), 0) == Buried(reopened)
    assert (await record_of(made, upload.task_id)).status is TaskStatus.PROCESSING


async def test_of_two_messages_of_a_task_the_first_fails_it(
    environment: dict[str, str], made: Recovery
) -> None:
    upload = put_upload(environment, csv_file(ROWS))
    other = await asyncpg.connect(environment["DATABASE_URL"])
    outcomes = await asyncio.gather(
        bury(made.connection, letter_of(upload, "message-1"), 60),
        bury(other, letter_of(upload, "message-2"), 60),
    )
    await other.close()
    record = await record_of(made, upload.task_id)
    assert outcomes == [Buried(record), Buried(record)]
    assert len(await letters_in(made)) == 1


async def test_a_burial_cut_off_before_its_commit_leaves_nothing(
    environment: dict[str, str], made: Recovery
) -> None:
    upload = put_upload(environment, csv_file(ROWS))
    async with statements_refused(made.connection, "INSERT", "dead_letters"):
        with pytest.raises(asyncpg.RaiseError):
            await bury(made.connection, letter_of(upload), 60)
    assert await read_task(made.connection, upload.task_id) is None
    assert isinstance(await bury(made.connection, letter_of(upload), 60), Buried)


async def test_a_burial_cut_off_before_the_message_is_removed_is_finished_later(
    environment: dict[str, str],
) -> None:
    upload = put_upload(environment, csv_file(ROWS))
    send_dead(environment, upload)
    proxy = FaultyProxy(environment["AWS_ENDPOINT_URL"], b"DeleteMessage", Fault.RESET)
    async with proxy.serve() as aws, recovery(environment, aws=aws) as made:
        dead_letters = made.dead_letters()
        await dead_letters.attend()
        assert proxy.spoiled
        failed = await record_of(made, upload.task_id)
        assert failed.status is TaskStatus.FAILED
        proxy.fault = None

        async def removed() -> bool:
            await dead_letters.attend()
            return waiting_messages(environment, "-dlq") == GONE

        await eventually(removed)
        assert await record_of(made, upload.task_id) == failed
        assert len(await letters_in(made)) == 1


async def test_a_message_waits_while_postgresql_is_away(environment: dict[str, str], stores: Stores) -> None:
    upload = put_upload(environment, csv_file(ROWS))
    send_dead(environment, upload)
    async with recovery(environment) as made:
        dead_letters = made.dead_letters()
        assert await made.shop.gate.is_open()
        await stores.postgres.kill()
        # taken while the gate was believed open, then left alone behind the closed gate
        await dead_letters.attend()
        made.shop.gate.doubt()
        await dead_letters.attend()
        assert sum(waiting_messages(environment, "-dlq")) == 1
        await stores.postgres.start()
    async with recovery(environment) as made:
        dead_letters = made.dead_letters()

        async def buried() -> bool:
            await dead_letters.attend()
            return len(await letters_in(made)) == 1

        await eventually(buried)
        assert (await record_of(made, upload.task_id)).status is TaskStatus.FAILED


async def test_redis_away_keeps_no_message_among_the_dead(
    environment: dict[str, str], stores: Stores
) -> None:
    upload = put_upload(environment, csv_file(ROWS))
    send_dead(environment, upload)
    await stores.valkey.kill()
    async with recovery(environment) as made:
        await made.dead_letters().attend()
        assert (await record_of(made, upload.task_id)).status is TaskStatus.FAILED
    assert waiting_messages(environment, "-dlq") == GONE


async def given_up(made: Recovery, environment: dict[str, str], **fields: Any) -> UploadMessage:
    """An upload whose task was given up."""
    upload = put_upload(environment, csv_file(ROWS), **fields)
    assert isinstance(await bury(made.connection, letter_of(upload, str(uuid4())), 60), Buried)
    return upload


def received(environment: dict[str, str]) -> list[UploadMessage]:
    """Take every message there is on the queue."""
    found: list[UploadMessage] = []
    while (
        messages := sqs_client(environment)
        .receive_message(QueueUrl=queue_url(environment), WaitTimeSeconds=0, MaxNumberOfMessages=10)
        .get("Messages")
    ):
        found += [UploadMessage.from_body(message["Body"]) for message in messages]
    return found


async def redriven(made: Recovery, task_id: UUID | None = None) -> tuple[list[UUID], list[UUID]]:
    outcome = await redrive(made.shop.database, made.uploads, made.shop.tasks, task_id)
    return outcome.sent, outcome.passed_over


async def test_a_redriven_task_is_open_again(environment: dict[str, str], made: Recovery) -> None:
    upload = await given_up(made, environment, reemplazar_duplicados=True)
    before = await record_of(made, upload.task_id)
    assert await redriven(made) == ([upload.task_id], [])
    after = await record_of(made, upload.task_id)
    assert after.status is TaskStatus.PROCESSING
    assert (after.error_code, after.completed_at) == (None, None)
    assert after.revision > before.revision
    assert await redis_record(environment, upload.task_id) == after
    assert received(environment) == [upload]
    (letter,) = await list_letters(made.connection, 10)
    assert letter.redriven_at is not None
    assert letter.task_status == "processing"


async def test_a_redrive_repeated_sends_nothing_twice(environment: dict[str, str], made: Recovery) -> None:
    upload = await given_up(made, environment)
    await redriven(made)
    assert await redriven(made) == ([], [])
    assert received(environment) == [upload]


async def test_a_redrive_cut_off_before_it_sent_is_finished_by_the_next(
    environment: dict[str, str], made: Recovery
) -> None:
    upload = await given_up(made, environment)
    (waiting,) = await waiting_letters(made.connection, None)
    assert await reopen(made.connection, waiting) is not None
    assert await redriven(made) == ([upload.task_id], [])
    assert received(environment) == [upload]


async def test_a_redrive_cut_off_before_it_noted_sends_a_message_too_many(
    environment: dict[str, str], made: Recovery
) -> None:
    upload = await given_up(made, environment)
    async with statements_refused(made.connection, "UPDATE", "dead_letters"):
        with pytest.raises(asyncpg.RaiseError):
            await redriven(made)
    assert await redriven(made) == ([upload.task_id], [])
    assert received(environment) == [upload, upload]
    assert await redriven(made) == ([], [])


async def test_one_task_can_be_redriven_alone(environment: dict[str, str], made: Recovery) -> None:
    uploads = [await given_up(made, environment) for _ in range(2)]
    assert await redriven(made, uploads[1].task_id) == ([uploads[1].task_id], [])
    assert received(environment) == [uploads[1]]
    assert await redriven(made) == ([uploads[0].task_id], [])


@pytest.mark.parametrize("status", ["completed", "cancelled", "failed"])
async def test_a_task_that_ended_otherwise_is_passed_over(
    environment: dict[str, str], made: Recovery, status: str
) -> None:
    upload = await given_up(made, environment)
    await made.connection.execute("UPDATE tasks SET status = $1, error_code = 'stalled'", status)
    before = await record_of(made, upload.task_id)
    assert await redriven(made) == ([], [upload.task_id])
    assert await record_of(made, upload.task_id) == before
    assert received(environment) == []


async def test_a_task_given_up_a_second_time_can_be_redriven_a_second_time(
    environment: dict[str, str], made: Recovery
) -> None:
    upload = await given_up(made, environment)
    await redriven(made)
    await long_ago(made, upload)
    await bury(made.connection, letter_of(upload, "another"), 60)
    assert (await record_of(made, upload.task_id)).status is TaskStatus.FAILED
    assert await redriven(made) == ([upload.task_id], [])
    assert received(environment) == [upload, upload]


async def test_a_worker_brings_a_redriven_task_to_its_end(
    environment: dict[str, str], made: Recovery
) -> None:
    upload = put_upload(environment, csv_file(ROWS))
    send_dead(environment, upload)

    async def stands(status: TaskStatus) -> bool:
        record = await read_task(made.connection, upload.task_id)
        return record is not None and record.status is status

    async with worker_process(environment):
        await eventually(lambda: stands(TaskStatus.FAILED))
        await redriven(made)
        await eventually(lambda: stands(TaskStatus.COMPLETED))
    account: Account = await account_of(made.connection, upload)
    assert account.record.progress == Progress(20, 20, 20, 0)
    assert len(await products_in(made.connection, upload.proveedor_id)) == 20
