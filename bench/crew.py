"""Any number of workers behind one API, and files that are announced to them all at the same moment."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
from redis.asyncio import Redis

from bench.files import catalogue_rows, faulty_rows, write_csv
from bench.stack import Place, Upload, WrongOutcome, services, settle
from cli.client import CargaClient
from common.messages import CORRELATION_ATTRIBUTE, UploadMessage, object_key
from tests.support.stores import flush_redis, queue_url, s3_client, sqs_client

_POLL_SECONDS = 0.02
_PATIENCE_SECONDS = 600
_WARM_UP_ROWS = 1000
#: SQS takes no more messages at once.
_MESSAGES_AT_ONCE = 10


@dataclass(frozen=True)
class Crew:
    """Running services on stores of their own."""

    client: CargaClient
    environment: dict[str, str]

    def stage(self, upload: Upload) -> UploadMessage:
        """Put the file where the API would, and return its message, which nobody has been sent."""
        task_id = uuid4()
        message = UploadMessage(
            task_id=task_id,
            s3_bucket=self.environment["S3_BUCKET_NAME"],
            s3_key=object_key(task_id),
            filename=upload.file.name,
            proveedor_id=upload.proveedor_id,
            reemplazar_duplicados=upload.replace,
            accepted_at=datetime.now(UTC),
            size_bytes=upload.file.stat().st_size,
        )
        with upload.file.open("rb") as content:
            s3_client(self.environment).put_object(
                Bucket=message.s3_bucket, Key=message.s3_key, Body=content, Metadata=message.to_metadata()
            )
        return message

    def announce(self, messages: Sequence[UploadMessage]) -> datetime:
        """Send the messages, and return when that began."""
        sqs, url = sqs_client(self.environment), queue_url(self.environment)
        began_at = datetime.now(UTC)
        for first in range(0, len(messages), _MESSAGES_AT_ONCE):
            some = messages[first : first + _MESSAGES_AT_ONCE]
            sqs.send_message_batch(QueueUrl=url, Entries=[_entry(message) for message in some])
        return began_at

    async def ended(self, task_ids: Sequence[UUID], rows: int) -> datetime:
        """Wait until all are over, and return when the last one was, by the ledger.

        Raises:
            WrongOutcome: one of them did something else with its ``rows`` than to write those that are good.
        """
        good = rows - faulty_rows(rows)
        found: list[Any] = []
        async with asyncio.timeout(_PATIENCE_SECONDS), self._database() as database:
            while len(found) < len(task_ids):
                await asyncio.sleep(_POLL_SECONDS)
                cursor = await database.execute(
                    """
                    SELECT completed_at, status, successful FROM tasks
                     WHERE task_id = ANY (%s) AND completed_at IS NOT NULL
                    """,
                    [list(task_ids)],
                )
                found = await cursor.fetchall()
        for _, status, successful in found:
            if (status, successful) != ("completed", good):
                raise WrongOutcome(f"{status}: {successful} of {good} rows")
        last: datetime = max(completed_at for completed_at, _, _ in found)
        return last

    async def is_under_way(self, task_ids: Sequence[UUID], at_least: int = 1) -> None:
        """Wait until rows of so many of the tasks have been committed."""
        begun = 0
        async with asyncio.timeout(_PATIENCE_SECONDS), self._database() as database:
            while begun < at_least:
                await asyncio.sleep(_POLL_SECONDS)
                cursor = await database.execute(
                    "SELECT count(*) FROM tasks WHERE task_id = ANY (%s) AND processed > 0", [list(task_ids)]
                )
                ((begun,),) = await cursor.fetchall()

    async def settle(self) -> None:
        """Have PostgreSQL write out what earlier work left."""
        await settle(self.environment["DATABASE_URL"])

    @asynccontextmanager
    async def _database(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        url = self.environment["DATABASE_URL"]
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            yield connection


@asynccontextmanager
async def crew(place: Place, workers: int, slots: int, **variables: str) -> AsyncIterator[Crew]:
    """Start the API and so many workers of so many slots, which have done small imports when handed over.

    ``variables``: settings of the workers. Raises ``ServiceFailed`` when one does not start.
    """
    # workers of the run before would count as these
    await flush_redis(place.stores.environment()["REDIS_URL"])
    settings = {"WORKER_CONCURRENCY": str(slots), **variables}
    async with services(place, settings, workers=workers) as carga:
        await _all_are_present(carga.stores["REDIS_URL"], workers)
        made = Crew(carga.client, carga.stores)
        await _warm_up(made, place, workers * slots)
        yield made


async def _warm_up(crew: Crew, place: Place, slots: int) -> None:
    file = place.files / "warm-up.csv"
    write_csv(file, catalogue_rows(_WARM_UP_ROWS))
    uploads = [Upload(file, _WARM_UP_ROWS, f"CALENTAMIENTO{number}", False) for number in range(2 * slots)]
    messages = [crew.stage(upload) for upload in uploads]
    crew.announce(messages)
    await crew.ended([message.task_id for message in messages], _WARM_UP_ROWS)
    await crew.settle()


def _entry(message: UploadMessage) -> Any:
    correlation = {"DataType": "String", "StringValue": str(message.task_id)}
    return {
        "Id": message.task_id.hex,
        "MessageBody": message.to_body(),
        "MessageAttributes": {CORRELATION_ATTRIBUTE: correlation},
    }


async def _all_are_present(redis_url: str, workers: int) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS), Redis.from_url(redis_url) as redis:
        while len([key async for key in redis.scan_iter("carga:worker:*")]) < workers:  # noqa: ASYNC110
            await asyncio.sleep(_POLL_SECONDS)  # another process sets no event of ours
