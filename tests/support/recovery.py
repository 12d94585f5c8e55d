"""The worker's recovery for a test: its parts wired to real stores, and ways to break off a step of it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

from common.aws import aws_client
from common.ledger import read_task
from common.messages import UploadMessage
from common.tasks import TaskRecord
from tests.support.stores import queue_url, sqs_client
from tests.support.worker_shop import worker_settings, workshop
from worker.bucket import Bucket
from worker.dead_letters import DeadLetters
from worker.ledger import Claim, claim
from worker.reconciler import Ages, Reconciler
from worker.upload_queue import Delivery, UploadQueue
from worker.workshop import Workshop

LONG = 3600.0


@dataclass(frozen=True)
class Recovery:
    """What recovery works with."""

    shop: Workshop
    uploads: UploadQueue
    letters: UploadQueue
    bucket: Bucket
    connection: asyncpg.Connection

    def dead_letters(self, *, longest_wait_seconds: float = 0) -> DeadLetters:
        """Return what sees to the dead letters."""
        return DeadLetters(self.letters, self.uploads, self.shop, longest_wait_seconds=longest_wait_seconds)

    def reconciler(
        self,
        *,
        silence: float = LONG,
        retention: float = LONG,
        in_a_crowd: float = LONG,
        parts: float = LONG,
        reports: float = LONG,
        turn_seconds: float = LONG,
    ) -> Reconciler:
        """Return a reconciler that leaves everything alone for an hour, unless told otherwise."""
        ages = Ages(silence, retention, in_a_crowd, parts, reports)
        return Reconciler(self.shop.database, self.bucket, self.uploads, ages, turn_seconds=turn_seconds)


@asynccontextmanager
async def recovery(
    environment: Mapping[str, str], *, aws: str | None = None, page_size: int = 1000, **changes: Any
) -> AsyncIterator[Recovery]:
    """Everything wired as in production, but leasing and polling by the second.

    ``aws`` is another address of S3 and SQS; ``page_size`` that of the bucket; ``changes`` replaces fields of
    the workshop.
    """
    environment = dict(environment) | ({"AWS_ENDPOINT_URL": aws} if aws else {})
    settings = worker_settings(environment)
    async with AsyncExitStack() as stack:
        shop = await stack.enter_async_context(workshop(environment, **{"lease_seconds": 2} | changes))
        sqs = await stack.enter_async_context(aws_client("sqs", settings))
        s3 = await stack.enter_async_context(aws_client("s3", settings))
        uploads, letters = (
            UploadQueue(sqs, name, 1, 0)
            for name in (settings.sqs_queue_name, settings.dead_letter_queue_name)
        )
        connection = await asyncpg.connect(environment["DATABASE_URL"])
        stack.push_async_callback(connection.close)
        yield Recovery(shop, uploads, letters, Bucket(s3, settings.s3_bucket_name, page_size), connection)


def letter_of(upload: UploadMessage, message_id: str = "message-1") -> Delivery:
    """Return a message of the upload as it comes from the dead-letter queue."""
    return Delivery(message_id, upload.to_body(), "receipt", 11, "correlation-1")


def received(environment: Mapping[str, str]) -> list[UploadMessage]:
    """Take every message there is on the queue."""
    found: list[UploadMessage] = []
    sqs, url = sqs_client(environment), queue_url(environment)
    while messages := sqs.receive_message(QueueUrl=url, WaitTimeSeconds=0).get("Messages"):
        found += [UploadMessage.from_body(message["Body"]) for message in messages]
    return found


async def record_of(connection: asyncpg.Connection, upload: UploadMessage) -> TaskRecord:
    """Return the task of an upload that the ledger knows."""
    record = await read_task(connection, upload.task_id)
    assert record is not None
    return record


async def begun(connection: asyncpg.Connection, upload: UploadMessage, *, lease_seconds: float = 60) -> Claim:
    """Let an attempt at the task begin."""
    claimed = await claim(
        connection, upload, owner="worker-1/1", lease_seconds=lease_seconds, correlation_id="correlation-1"
    )
    assert isinstance(claimed, Claim)
    return claimed


async def long_silent(connection: asyncpg.Connection, upload: UploadMessage) -> None:
    """Put the task's last sign of life an hour back."""
    await connection.execute(
        """
        UPDATE tasks SET updated_at = now() - interval '1 hour', lease_until = now() - interval '1 hour'
         WHERE task_id = $1
        """,
        upload.task_id,
    )


@asynccontextmanager
async def statements_refused(connection: asyncpg.Connection, event: str, table: str) -> AsyncIterator[None]:
    """Make PostgreSQL refuse every ``event`` (INSERT, UPDATE, DELETE) on ``table``, as if whoever asks had
    died before it."""
    await connection.execute(f"""
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN RAISE EXCEPTION ''refused''; END';
        CREATE TRIGGER refuse BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION refuse();
    """)
    try:
        yield
    finally:
        await connection.execute(f"DROP TRIGGER refuse ON {table}; DROP FUNCTION refuse")
