"""``python -m worker.operations``: what an operator asks of dead letters and reconciler.

One JSON document goes to standard output, the log to standard error. Exit codes: 0 done; 1 not done, for
another reconciler is at it; 2 the command line makes no sense; 3 a store could not be reached.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import structlog
from botocore.exceptions import BotoCoreError

from common.aws import aws_client
from common.failpoints import arm_failpoint
from common.logs import configure_logs
from common.redis import redis_client
from common.tasks import TaskStore
from worker.bucket import Bucket
from worker.database import DATABASE_FAULTS, Database
from worker.reconciler import Reconciler
from worker.recovery import ages_of
from worker.redrive import list_letters, redrive
from worker.settings import Settings
from worker.storage import StorageUnavailable
from worker.upload_queue import QueueUnavailable, UploadQueue

log = structlog.get_logger(__name__)

_LETTERS_SHOWN = 1000
#: How long to wait for a worker that is reconciling.
_TURN_SECONDS = 30
_POLL_SECONDS = 0.2

Answer = dict[str, Any]


class NotDone(Exception):
    """The operation could not be done now: ``code`` says why, ``exit_code`` says it to a shell."""

    def __init__(self, code: str, exit_code: int) -> None:
        super().__init__(code)
        self.code = code
        self.exit_code = exit_code


async def show_letters(settings: Settings) -> Answer:
    """Return the dead letters, and how many the queue of them holds that no worker has recorded yet."""
    async with _database(settings) as database, _queue(settings, settings.dead_letter_queue_name) as queue:
        async with database.connection() as connection:
            letters = await list_letters(connection, _LETTERS_SHOWN)
        return {"dead_letters": letters, "not_recorded_yet": await queue.depth()}


async def redrive_letters(settings: Settings, task_id: UUID | None) -> Answer:
    """Try the dead letters again, of one task or of all."""
    redis = redis_client(settings.redis_url.get_secret_value(), socket_timeout=1, socket_connect_timeout=1)
    async with (
        redis,
        _database(settings) as database,
        _queue(settings, settings.sqs_queue_name) as queue,
    ):
        redriven = await redrive(database, queue, TaskStore(redis), task_id)
    return {"sent": redriven.sent, "passed_over": redriven.passed_over}


async def reconcile(settings: Settings, *, dry_run: bool) -> Answer:
    """Run one round of the reconciler, once no worker is at it.

    Raises:
        NotDone: one was, all the time.
    """
    give_up = time.monotonic() + _TURN_SECONDS
    async with (
        _database(settings) as database,
        aws_client("s3", settings) as s3,
        _queue(settings, settings.sqs_queue_name) as queue,
    ):
        bucket = Bucket(s3, settings.s3_bucket_name)
        reconciler = Reconciler(database, bucket, queue, ages_of(settings))
        while (report := await reconciler.run_round(dry_run=dry_run)) is None:
            if time.monotonic() > give_up:
                raise NotDone("reconciler_busy", 1)
            await asyncio.sleep(_POLL_SECONDS)
    return asdict(report)


@asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[Database]:
    database = Database(settings.database_url.get_secret_value(), 1)
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def _queue(settings: Settings, name: str) -> AsyncIterator[UploadQueue]:
    async with aws_client("sqs", settings) as sqs:
        yield UploadQueue(sqs, name, settings.visibility_timeout_seconds, settings.long_poll_seconds)


async def perform(arguments: argparse.Namespace, settings: Settings) -> Answer:
    """Do what the command line says.

    Raises:
        NotDone: it cannot be done now.
    """
    try:
        match arguments.operation:
            case "dlq-list":
                return await show_letters(settings)
            case "dlq-redrive":
                return await redrive_letters(settings, arguments.task)
            case _:
                return await reconcile(settings, dry_run=arguments.dry_run)
    except (asyncpg.PostgresError, *DATABASE_FAULTS) as error:
        raise _not_done("database_unavailable", type(error).__name__) from error
    except StorageUnavailable as error:
        raise _not_done("storage_unavailable", str(error)) from error
    except QueueUnavailable as error:
        raise _not_done("queue_unavailable", str(error)) from error
    except BotoCoreError as error:
        # not even a client can be made: no region, say
        raise _not_done("aws_unavailable", str(error)) from error


def _not_done(code: str, reason: str) -> NotDone:
    log.error("operation_failed", code=code, reason=reason)
    return NotDone(code, 3)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line; ends the process where it makes no sense."""
    parser = argparse.ArgumentParser(prog="python -m worker.operations")
    operations = parser.add_subparsers(dest="operation", required=True)
    operations.add_parser("dlq-list", help="show the messages that were given up on")
    again = operations.add_parser("dlq-redrive", help="try them again")
    again.add_argument("--task", type=UUID, help="only that of this task")
    round_ = operations.add_parser("reconcile", help="put right what no message will")
    round_.add_argument("--dry-run", action="store_true", help="only tell what would be done")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """Do one operation with the settings of the environment."""
    parsed = parse(arguments)
    settings = Settings()
    configure_logs("operations", settings, sys.stderr)
    arm_failpoint()
    try:
        answer, exit_code = asyncio.run(perform(parsed, settings)), 0
    except NotDone as error:
        answer, exit_code = {"code": error.code}, error.exit_code
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(answer)).decode() + "\n")
    return exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
