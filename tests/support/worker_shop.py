"""The worker's insides for a test: wired to real stores inside the test's process, and uploads to give it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from redis.asyncio import Redis

from common.aws import aws_client
from common.ledger import read_row_errors, read_task
from common.messages import CORRELATION_ATTRIBUTE, UploadMessage, object_key
from common.tasks import RowError, TaskRecord, TaskStore
from tests.support.stores import queue_url, s3_client, sqs_client
from tests.support.waiting import eventually
from worker.database import Database
from worker.gate import Gate
from worker.readers.sandbox import ReaderLimits
from worker.settings import Settings
from worker.storage import Storage
from worker.workshop import Workshop

#: How often in a row a queue has to look empty.
_SEEN_EMPTY = 3
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
#: An address of this machine at which nobody listens.
NOBODY = "127.0.0.1:1"


def worker_settings(environment: Mapping[str, str], **settings: Any) -> Settings:
    """The settings of a worker that polls and leases by the second."""
    short = {"long_poll_seconds": 1, "visibility_timeout_seconds": 2}
    return Settings(**{name.lower(): value for name, value in environment.items()} | short | settings)


@asynccontextmanager
async def workshop(environment: Mapping[str, str], **changes: Any) -> AsyncIterator[Workshop]:
    """What handling an upload needs, wired as in production; ``changes`` replaces fields of it."""
    settings = worker_settings(environment)
    database = Database(settings.database_url.get_secret_value(), 13)
    redis = Redis.from_url(settings.redis_url.get_secret_value(), socket_timeout=1, socket_connect_timeout=1)
    try:
        async with aws_client("s3", settings) as s3:
            storage = Storage(s3, settings.s3_bucket_name)
            made: dict[str, Any] = {
                "worker_id": f"worker-{uuid4().hex[:6]}",
                "database": database,
                "storage": storage,
                "gate": Gate({"postgresql": database.is_ready, "s3": storage.is_ready}),
                "tasks": TaskStore(redis),
                "stopping": asyncio.Event(),
                "lease_seconds": 60,
                "rows_per_step": 10,
                "batch_max_rows": 5000,
                "reader_limits": ReaderLimits(1 << 30, 60),
                "max_attempts": 3,
                "stall_seconds": 60,
                "task_limit_seconds": 0,
                "handover_seconds": 3600,
            }
            yield Workshop(**made | changes)
    finally:
        await redis.aclose()
        await database.close()


def put_upload(environment: Mapping[str, str], content: bytes, **fields: Any) -> UploadMessage:
    """Put the file into S3 as the API does; return its message, for the caller to send or to process."""
    task_id = fields.pop("task_id", None) or uuid4()
    upload = UploadMessage(
        **{
            "task_id": task_id,
            "s3_bucket": environment["S3_BUCKET_NAME"],
            "s3_key": object_key(task_id),
            "filename": "productos.csv",
            "proveedor_id": "PROV001",
            "reemplazar_duplicados": False,
            "accepted_at": NOON,
            "size_bytes": len(content),
            **fields,
        }
    )
    s3_client(environment).put_object(
        Bucket=upload.s3_bucket, Key=upload.s3_key, Body=content, Metadata=upload.to_metadata()
    )
    return upload


def send(
    environment: Mapping[str, str], upload: UploadMessage | str, *, correlation_id: str = "test"
) -> None:
    """Announce the upload on the queue; a string is sent as it is."""
    body = upload if isinstance(upload, str) else upload.to_body()
    sqs_client(environment).send_message(
        QueueUrl=queue_url(environment),
        MessageBody=body,
        MessageAttributes={CORRELATION_ATTRIBUTE: {"DataType": "String", "StringValue": correlation_id}},
    )


def waiting_messages(environment: Mapping[str, str], suffix: str = "") -> tuple[int, int]:
    """How many messages of the queue can be received now, and how many are hidden."""
    visible, hidden, _ = _messages(environment, suffix)
    return visible, hidden


def messages_in_all(environment: Mapping[str, str], suffix: str = "") -> int:
    """How many messages the queue holds, those included that are to be seen later."""
    return sum(_messages(environment, suffix))


def _messages(environment: Mapping[str, str], suffix: str) -> tuple[int, int, int]:
    names: Any = [f"ApproximateNumberOfMessages{which}" for which in ("", "NotVisible", "Delayed")]
    attributes: Any = sqs_client(environment).get_queue_attributes(
        QueueUrl=queue_url(environment, suffix), AttributeNames=names
    )["Attributes"]
    visible, hidden, delayed = (int(attributes[name]) for name in names)
    return visible, hidden, delayed


async def all_is_handled(environment: Mapping[str, str]) -> None:
    """Return once every message has been deleted, which is the last thing that a worker does, and none given
    up."""
    await queue_is_empty(environment)
    assert waiting_messages(environment, "-dlq") == (0, 0)


async def queue_is_empty(environment: Mapping[str, str], suffix: str = "", *, seconds: float = 60) -> None:
    """Return once the queue holds nothing."""
    seen = 0

    async def it_is() -> bool:
        nonlocal seen
        # for a moment, a message that goes from hidden to visible is counted as neither
        seen = 0 if messages_in_all(environment, suffix) else seen + 1
        return seen == _SEEN_EMPTY

    await eventually(it_is, seconds=seconds)


@dataclass(frozen=True)
class Account:
    """All that the stores say of a task."""

    record: TaskRecord
    errors: list[RowError]
    outputs: list[str]
    #: (epoch, start cursor, outcome) of every attempt
    attempts: list[tuple[int, int, str | None]]
    #: (cursor, rows) of every batch
    batches: list[tuple[int, int]]

    @property
    def resumen(self) -> dict[str, int]:
        """The summary of a completed task."""
        assert self.record.result is not None, self.record
        resumen: dict[str, int] = self.record.result["resumen"]
        return resumen


async def account_of(connection: asyncpg.Connection, upload: UploadMessage) -> Account:
    """Read what the ledger holds of a task."""
    record = await read_task(connection, upload.task_id)
    assert record is not None
    batches = await connection.fetch(
        """
        SELECT cursor, successful + failed AS rows, outputs
          FROM task_batches WHERE task_id = $1 ORDER BY cursor
        """,
        upload.task_id,
    )
    attempts = await connection.fetch(
        "SELECT epoch, start_cursor, outcome FROM task_attempts WHERE task_id = $1 ORDER BY epoch",
        upload.task_id,
    )
    return Account(
        record,
        await read_row_errors(connection, upload.proveedor_id, upload.task_id, after=0, limit=100_000),
        [output for batch in batches for output in batch["outputs"]],
        [tuple(attempt) for attempt in attempts],
        [(batch["cursor"], batch["rows"]) for batch in batches],
    )


async def redis_record(environment: Mapping[str, str], task_id: UUID) -> TaskRecord | None:
    """What a poller would see."""
    async with Redis.from_url(environment["REDIS_URL"]) as redis:
        return await TaskStore(redis).get(task_id)
