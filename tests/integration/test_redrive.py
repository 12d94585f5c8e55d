"""Trying again what was given up, in steps any of which may be the last before a kill."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from common.ledger import read_task
from common.messages import UploadMessage
from common.tasks import Progress, TaskStatus
from tests.support.catalogue_files import csv_file, products, products_in
from tests.support.recovery import (
    Recovery,
    begun,
    letter_of,
    long_silent,
    received,
    record_of,
    recovery,
    statements_refused,
)
from tests.support.stores import queue_url, sqs_client
from tests.support.waiting import eventually
from tests.support.worker_process import worker_process
from tests.support.worker_shop import account_of, put_upload, redis_record
from worker.dead_letters import Buried, bury
from worker.redrive import list_letters, redrive, reopen, waiting_letters

ROWS = products(20)


@pytest.fixture
async def made(environment: dict[str, str]) -> AsyncIterator[Recovery]:
    async with recovery(environment) as wired:
        yield wired


async def given_up(made: Recovery, environment: dict[str, str], **fields: Any) -> UploadMessage:
    """An upload whose task was given up."""
    upload = put_upload(environment, csv_file(ROWS), **fields)
    assert isinstance(await bury(made.connection, letter_of(upload, str(uuid4())), 60), Buried)
    return upload


async def redriven(made: Recovery, task_id: UUID | None = None) -> tuple[list[UUID], list[UUID]]:
    outcome = await redrive(made.shop.database, made.uploads, made.shop.tasks, task_id)
    return outcome.sent, outcome.passed_over


async def test_a_redriven_task_is_open_again(environment: dict[str, str], made: Recovery) -> None:
    upload = await given_up(made, environment, reemplazar_duplicados=True)
    before = await record_of(made.connection, upload)
    assert await redriven(made) == ([upload.task_id], [])
    after = await record_of(made.connection, upload)
    assert after.status is TaskStatus.PROCESSING
    assert (after.error_code, after.completed_at) == (None, None)
    assert after.revision > before.revision
    assert await redis_record(environment, upload.task_id) == after
    assert received(environment) == [upload]
    (letter,) = await list_letters(made.connection, 10)
    assert letter.redriven_at is not None
    assert letter.task_status == "processing"


async def test_a_redriven_task_has_all_its_time_again(environment: dict[str, str], made: Recovery) -> None:
    upload = await given_up(made, environment)
    await made.connection.execute("UPDATE tasks SET created_at = now() - interval '1 day'")
    await redriven(made)
    assert (await begun(made.connection, upload)).age_seconds < 3600


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
    before = await record_of(made.connection, upload)
    assert await redriven(made) == ([], [upload.task_id])
    assert await record_of(made.connection, upload) == before
    assert received(environment) == []


async def test_a_task_given_up_a_second_time_can_be_redriven_a_second_time(
    environment: dict[str, str], made: Recovery
) -> None:
    upload = await given_up(made, environment)
    await redriven(made)
    await long_silent(made.connection, upload)
    await bury(made.connection, letter_of(upload, "another"), 60)
    assert (await record_of(made.connection, upload)).status is TaskStatus.FAILED
    assert await redriven(made) == ([upload.task_id], [])
    assert received(environment) == [upload, upload]


async def test_a_worker_brings_a_redriven_task_to_its_end(
    environment: dict[str, str], made: Recovery
) -> None:
    upload = put_upload(environment, csv_file(ROWS))
    sqs_client(environment).send_message(
        QueueUrl=queue_url(environment, "-dlq"), MessageBody=upload.to_body()
    )

    async def stands(status: TaskStatus) -> bool:
        record = await read_task(made.connection, upload.task_id)
        return record is not None and record.status is status

    async with worker_process(environment):
        await eventually(lambda: stands(TaskStatus.FAILED))
        await redriven(made)
        await eventually(lambda: stands(TaskStatus.COMPLETED))
    account = await account_of(made.connection, upload)
    assert account.record.progress == Progress(20, 20, 20, 0)
    assert len(await products_in(made.connection, upload.proveedor_id)) == 20
