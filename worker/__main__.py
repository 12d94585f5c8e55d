"""``python -m worker``: everything the worker needs is made here, once, and taken down when a signal says
so."""

import asyncio
import os
import secrets
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from common.aws import aws_client
from common.failpoints import arm_failpoint
from common.logs import configure_logs
from common.redis import redis_client
from common.tasks import TaskStore
from common.unheeded import report_unheeded
from worker.consumer import Consumer
from worker.database import Database
from worker.gate import Gate
from worker.health import serving_health
from worker.heartbeat import deserted_sessions_ended, repeating
from worker.processors import PROCESSORS
from worker.readers.reader_process import SpareReader, spare_reader
from worker.readers.sandbox import ReaderLimits
from worker.recovery import recovering
from worker.settings import Settings
from worker.storage import Storage
from worker.upload_queue import UploadQueue
from worker.webhooks import telling
from worker.workshop import Workshop

log = structlog.get_logger("worker")

#: A worker that has not been heard of for longer than this is gone.
PRESENCE_TTL_SECONDS = 30
_PRESENCE_EVERY_SECONDS = 5
#: What a reading child that waits for a file has loaded.
_LOADED_BY_READERS = (
    "worker.readers.csv",
    "worker.readers.xlsx",
    *(processor.checker.partition(":")[0] for processor in PROCESSORS.values()),
)
#: Time that giving messages and leases back may take, once the grace is over.
_GIVE_BACK_SECONDS = 1.0


async def run(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT, then finish the batches at hand and give the rest back."""
    worker_id = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
    stopping = asyncio.Event()
    report_unheeded(asyncio.get_running_loop())
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(_redis(settings))
        s3 = await stack.enter_async_context(aws_client("s3", settings, read_timeout=30))
        spare = await stack.enter_async_context(spare_reader(_LOADED_BY_READERS))
        shop = _workshop(stack, settings, worker_id, stopping, TaskStore(redis), s3, spare)
        sqs = await stack.enter_async_context(
            aws_client("sqs", settings, read_timeout=settings.long_poll_seconds + 10)
        )
        queue, letters = (
            UploadQueue(sqs, name, settings.visibility_timeout_seconds, settings.long_poll_seconds)
            for name in (settings.sqs_queue_name, settings.dead_letter_queue_name)
        )
        consumer = Consumer(
            queue,
            shop,
            slots=settings.worker_concurrency,
            retry_delays=settings.retry_delays_seconds,
            take_turns=settings.take_turns,
            large_bytes=settings.large_file_bytes,
        )
        await stack.enter_async_context(deserted_sessions_ended(shop.database, shop.lease_seconds))
        await stack.enter_async_context(recovering(shop, s3, queue, letters, settings))
        await stack.enter_async_context(telling(shop.database, settings.webhooks, shop.metrics))
        await stack.enter_async_context(_health(redis, shop, queue, consumer, settings))
        await stack.enter_async_context(_presence(redis, worker_id, consumer, settings))
        log.info("worker_started", worker=worker_id, slots=settings.worker_concurrency)
        await _work(consumer, stopping, settings.shutdown_grace_seconds)
    log.info("worker_stopped", worker=worker_id)


async def _work(consumer: Consumer, stopping: asyncio.Event, grace_seconds: float) -> None:
    working = asyncio.create_task(consumer.run())
    stopped = asyncio.create_task(stopping.wait())
    await asyncio.wait([working, stopped], return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    _, pending = await asyncio.wait([working], timeout=grace_seconds)
    if pending:
        log.warning("worker_stopped_in_mid_task", busy=consumer.busy)
        working.cancel()
        await asyncio.wait([working], timeout=_GIVE_BACK_SECONDS)
    else:
        await working


def _workshop(
    stack: AsyncExitStack,
    settings: Settings,
    worker_id: str,
    stopping: asyncio.Event,
    tasks: TaskStore,
    s3: Any,
    spare: SpareReader,
) -> Workshop:
    database = Database(
        settings.database_url.get_secret_value(),
        # three a slot, for its batch, the one behind it and its lease; one each for the gate, for health, for
        # ending deserted sessions, for webhooks and for the two loops of recovery
        connections=3 * settings.worker_concurrency + 6,
        idle_seconds=settings.visibility_timeout_seconds,
    )
    stack.push_async_callback(database.close)
    storage = Storage(s3, settings.s3_bucket_name)
    return Workshop(
        worker_id=worker_id,
        database=database,
        storage=storage,
        gate=Gate({"postgresql": database.is_ready, "s3": storage.is_ready}),
        tasks=tasks,
        stopping=stopping,
        lease_seconds=settings.visibility_timeout_seconds,
        rows_per_step=settings.progress_every_rows,
        batch_max_rows=settings.batch_max_rows,
        reader_limits=ReaderLimits(settings.reader_memory_mb * 1024 * 1024, settings.reader_cpu_seconds),
        max_attempts=settings.max_attempts,
        stall_seconds=settings.stall_timeout_seconds,
        task_limit_seconds=settings.task_timeout_seconds,
        handover_seconds=settings.handover_seconds,
        spare_reader=spare,
    )


@asynccontextmanager
async def _redis(settings: Settings) -> AsyncIterator[Redis]:
    redis = redis_client(settings.redis_url.get_secret_value(), socket_timeout=1, socket_connect_timeout=1)
    try:
        yield redis
    finally:
        await redis.aclose()


@asynccontextmanager
async def _health(
    redis: Redis, shop: Workshop, queue: UploadQueue, consumer: Consumer, settings: Settings
) -> AsyncIterator[None]:
    async def redis_is_ready() -> bool:
        try:
            return bool(await redis.ping())
        except (RedisError, OSError):
            return False

    checks = {
        "postgresql": shop.database.is_ready,
        "s3": shop.storage.is_ready,
        "sqs": queue.is_ready,
        "redis": redis_is_ready,
    }
    shop.metrics.slots.set(settings.worker_concurrency)
    shop.metrics.slots_busy.set_function(lambda: consumer.busy)
    async with serving_health(settings.worker_health_host, settings.worker_health_port, checks, shop.metrics):
        yield


@asynccontextmanager
async def _presence(
    redis: Redis, worker_id: str, consumer: Consumer, settings: Settings
) -> AsyncIterator[None]:
    """Say in Redis that this worker listens, for whoever wants to know whether one does."""
    key = f"carga:worker:{worker_id}"
    started_at = datetime.now(UTC)

    async def announce() -> None:
        news = {"started_at": started_at, "slots": settings.worker_concurrency, "busy": consumer.busy}
        try:
            await redis.set(key, msgspec.json.encode(news), ex=PRESENCE_TTL_SECONDS)
        except (RedisError, OSError) as error:
            log.debug("presence_not_announced", error=type(error).__name__)

    await announce()
    async with repeating(announce, _PRESENCE_EVERY_SECONDS):
        yield
    try:
        await redis.delete(key)
    except (RedisError, OSError) as error:
        log.debug("presence_not_withdrawn", error=type(error).__name__)


def main() -> None:
    """Run the worker with the settings of the environment."""
    settings = Settings()
    configure_logs("worker", settings)
    arm_failpoint()
    asyncio.run(run(settings))


if __name__ == "__main__":
    main()
