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
