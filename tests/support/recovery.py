"""The worker's recovery for a test: its parts wired to real stores, and ways to break off a step of it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

from common.aws import aws_client
from tests.support.worker_shop import worker_settings, workshop
from worker.bucket import Bucket
from worker.dead_letters import DeadLetters
from worker.process import Workshop
from worker.reconciler import Ages, Reconciler
from worker.upload_queue import UploadQueue

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
        self, *, silence: float = LONG, retention: float = LONG, in_a_crowd: float = LONG, parts: float = LONG
    ) -> Reconciler:
        """Return a reconciler that leaves everything alone for an hour, unless told otherwise."""
        return Reconciler(
            self.shop.database, self.bucket, self.uploads, Ages(silence, retention, in_a_crowd, parts)
        )


@asynccontextmanager
async def recovery(
    environment: Mapping[str, str], *, aws: str | None = None, **changes: Any
) -> AsyncIterator[Recovery]:
    """Everything wired as in production, but leasing and polling by the second.

    ``aws`` is another address of S3 and SQS; ``changes`` replaces fields of the workshop.
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
        yield Recovery(shop, uploads, letters, Bucket(s3, settings.s3_bucket_name), connection)


@asynccontextmanager
async def statements_refused(connection: asyncpg.Connection, event: str, table: str) -> AsyncIterator[None]:
    """Make PostgreSQL refuse every ``event`` (INSERT, UPDATE, DELETE) on ``table``, as if the process that asks
    had died before it."""
    await connection.execute(f"""
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN RAISE EXCEPTION ''refused''; END';
        CREATE TRIGGER refuse BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION refuse();
    """)
    try:
        yield
    finally:
        await connection.execute(f"DROP TRIGGER refuse ON {table}; DROP FUNCTION refuse")
