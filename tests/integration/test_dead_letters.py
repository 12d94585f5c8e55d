"""Messages that the queue gave up on: recorded, their tasks failed, and only then removed."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from common.ledger import read_task
from common.messages import UploadMessage
from common.tasks import Progress, TaskStatus
from infra.embedded.stores import Stores
from tests.support.catalogue_files import csv_file, products
from tests.support.faulty_proxy import Fault, FaultyProxy
from tests.support.recovery import (
    Recovery,
    begun,
    letter_of,
    long_silent,
    record_of,
    recovery,
    statements_refused,
)
from tests.support.stores import queue_url, sqs_client
from tests.support.waiting import eventually
from tests.support.worker_shop import account_of, put_upload, redis_record, send, waiting_messages
from worker.dead_letters import Buried, bury
from worker.ledger import Fenced, Held, fail, hold, renew
from worker.redrive import reopen, waiting_letters

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


async def letters_in(made: Recovery) -> list[dict[str, Any]]:
    rows = await made.connection.fetch("SELECT * FROM dead_letters ORDER BY message_id")
    return [dict(row) for row in rows]


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
    record = await record_of(made.connection, upload)
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
    await begun(made.connection, upload)
    await made.connection.execute("UPDATE tasks SET cursor = 11, processed = 10, successful = 9, failed = 1")
    await long_silent(made.connection, upload)
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
    upload = put_upload(environment, csv_file(ROWS))
    held = await begun(made.connection, upload)
    await long_silent(made.connection, upload)
    await bury(made.connection, letter_of(upload), 60)
    for write in (
        hold(made.connection, held, 0),
        renew(made.connection, held, 60),
        fail(made.connection, held, "x", {}),
    ):
        with pytest.raises(Fenced):
            await write
    assert (await record_of(made.connection, upload)).error_code == "too_many_attempts"


@pytest.mark.parametrize("status", [TaskStatus.COMPLETED, TaskStatus.CANCELLED, TaskStatus.FAILED])
async def test_a_task_that_is_over_stays_as_it_is(
    environment: dict[str, str], made: Recovery, status: TaskStatus
) -> None:
    upload = put_upload(environment, csv_file(ROWS))
    await begun(made.connection, upload)
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
    await begun(made.connection, upload)
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
    await begun(made.connection, upload, lease_seconds=0)
    send_dead(environment, upload)
    dead_letters = made.dead_letters()
    await dead_letters.attend()
    assert (await record_of(made.connection, upload)).status is TaskStatus.PROCESSING

    async def given_up() -> bool:
        await dead_letters.attend()
        return (await record_of(made.connection, upload)).status is TaskStatus.FAILED

    await eventually(given_up)
    assert waiting_messages(environment, "-dlq") == GONE


async def test_an_attempt_that_just_ended_counts_as_a_sign_of_life(
    environment: dict[str, str], made: Recovery
) -> None:
    upload = put_upload(environment, csv_file(ROWS))
    await begun(made.connection, upload)
    await long_silent(made.connection, upload)
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
    await begun(made.connection, upload)
    await made.connection.execute(
        "UPDATE tasks SET updated_at = now() - interval '1 minute', lease_until = NULL"
    )
    send(environment, upload)
    send_dead(environment, upload)
    await made.dead_letters(longest_wait_seconds=900).attend()
    assert (await record_of(made.connection, upload)).status is TaskStatus.PROCESSING
    assert waiting_messages(environment, "-dlq") == (0, 1)


async def test_a_task_that_is_locked_for_a_batch_is_left_alone(
    environment: dict[str, str], made: Recovery
) -> None:
    upload = put_upload(environment, csv_file(ROWS))
    await begun(made.connection, upload)
    await long_silent(made.connection, upload)
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
    assert (await record_of(made.connection, upload)).status is TaskStatus.PROCESSING


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
    record = await record_of(made.connection, upload)
    assert [*outcomes] == [Buried(record), Buried(record)]
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
        failed = await record_of(made.connection, upload)
        assert failed.status is TaskStatus.FAILED
        proxy.fault = None

        async def removed() -> bool:
            await dead_letters.attend()
            return waiting_messages(environment, "-dlq") == GONE

        await eventually(removed)
        assert await record_of(made.connection, upload) == failed
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
        assert (await record_of(made.connection, upload)).status is TaskStatus.FAILED


async def test_redis_away_keeps_no_message_among_the_dead(
    environment: dict[str, str], stores: Stores
) -> None:
    upload = put_upload(environment, csv_file(ROWS))
    send_dead(environment, upload)
    await stores.valkey.kill()
    async with recovery(environment) as made:
        await made.dead_letters().attend()
        assert (await record_of(made.connection, upload)).status is TaskStatus.FAILED
    assert waiting_messages(environment, "-dlq") == GONE
