"""Where the upload API is put together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import structlog
from fastapi import FastAPI
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from catalog_service import health, report_routes, routes, task_routes
from catalog_service.cancel import Cancellation
from catalog_service.database import open_database
from catalog_service.docs import add_docs
from catalog_service.openapi import new_app
from catalog_service.parameters import PREFIX, V1_PREFIX, Services
from catalog_service.products import Products
from catalog_service.receipt import Receipts
from catalog_service.reports import Reports
from catalog_service.settings import Settings
from catalog_service.status import TaskFinder, TaskRecords
from catalog_service.status_route import add_status_routes
from catalog_service.storage import Storage
from catalog_service.task_list import TaskList
from catalog_service.task_lists import TaskLists
from catalog_service.upload_queue import UploadQueue
from catalog_service.uploads import Stores, UploadsUnderWay
from catalog_service.watching import Watches
from common.aws import aws_client
from common.http import install_http_basics
from common.redis import redis_client
from common.tasks import TaskStore
from common.unheeded import report_unheeded

log = structlog.get_logger(__name__)

#: What uploads that were cut off by a shutdown have to give back their parts.
_CLEAN_UP_SECONDS = 3


def create_app(settings: Settings) -> FastAPI:
    """Return the application. No store has to be up, then or later: a request that needs it says so."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        report_unheeded(asyncio.get_running_loop())
        async with AsyncExitStack() as stack:
            await _wire(app, settings, stack)
            log.info("service_started")
            yield
        log.info("service_stopped")

    app = new_app(
        lifespan=lifespan,
        redirect_slashes=False,
        # catalog_service.docs shows it, under a policy of its own
        docs_url=None,
        redoc_url=None,
    )
    for prefix in (PREFIX, V1_PREFIX):
        add_status_routes(app, prefix, in_schema=prefix == PREFIX)
        for router in (task_routes.router, report_routes.router, routes.router):
            app.include_router(router, prefix=prefix, include_in_schema=prefix == PREFIX)
    app.include_router(health.router)
    add_docs(app)
    install_http_basics(app, settings)
    return app


def end_streams(app: FastAPI) -> None:
    """Let nobody wait any longer, for news or for a report: the service is told to stop."""
    services: Services = app.state.services
    services.watches.stop()
    services.reports.stop()


async def _wire(app: FastAPI, settings: Settings, stack: AsyncExitStack) -> None:
    # who reads a file slowly must not hold the connections that uploads need
    s3, downloads = [
        await stack.enter_async_context(aws_client("s3", settings, read_timeout=settings.s3_timeout_seconds))
        for _ in range(2)
    ]
    sqs = await stack.enter_async_context(
        aws_client("sqs", settings, read_timeout=settings.sqs_timeout_seconds)
    )
    redis = await stack.enter_async_context(_redis(settings))
    database = await stack.enter_async_context(
        open_database(
            settings.database_url.get_secret_value(),
            size=settings.database_pool_size,
            timeout_seconds=settings.database_timeout_seconds,
        )
    )
    storage = Storage(s3, downloads, settings.s3_bucket_name, timeout_seconds=settings.s3_timeout_seconds)
    queue = UploadQueue(sqs, settings.sqs_queue_name, timeout_seconds=settings.sqs_timeout_seconds)
    records = TaskRecords(TaskStore(redis), timeout_seconds=settings.redis_timeout_seconds)
    finder = TaskFinder(records, database, storage, stale_seconds=settings.status_stale_seconds)
    stores = Stores(storage, records, queue, finder)
    under_way = UploadsUnderWay(limit=settings.max_uploads)
    stack.push_async_callback(under_way.ended, within_seconds=_CLEAN_UP_SECONDS)
    reports = Reports(storage, queue, database, finder, wait_seconds=settings.report_wait_seconds)
    stack.callback(reports.stop)
    watches = Watches(finder.look, limit=settings.max_listeners)
    stack.callback(watches.stop)
    app.state.services = Services(
        settings=settings,
        stores=stores,
        under_way=under_way,
        cancellation=Cancellation(finder, records, database, storage),
        watches=watches,
        lists=TaskLists(database),
        tasks=TaskList(database),
        products=Products(database),
        receipts=Receipts(database, finder),
        reports=reports,
    )
    app.state.checks = {
        "s3": storage.check,
        "sqs": queue.check,
        "redis": redis.ping,
        "postgresql": database.check,
    }


def _redis(settings: Settings) -> Redis:
    return redis_client(
        settings.redis_url.get_secret_value(),
        socket_timeout=settings.redis_timeout_seconds,
        socket_connect_timeout=settings.redis_timeout_seconds,
        # one more try, at once: a pooled connection may be that of a server that is gone
        retry=Retry(NoBackoff(), 1),
    )
