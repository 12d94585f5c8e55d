"""Gathers what is left when all is over: from the stores, from the API as a client sees it, from disk."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

import asyncpg
import httpx

from chaos.evidence import Attempt, Batch, Evidence, Product, TaskView
from chaos.process import readers_of
from chaos.queue import aws_settings
from chaos.stack import Stack
from chaos.workload import Upload
from common.aws import aws_client
from common.catalog import COLUMN_NAMES

_TASKS = "SELECT * FROM tasks"
_ATTEMPTS = "SELECT * FROM task_attempts ORDER BY task_id, epoch"
_BATCHES = "SELECT * FROM task_batches ORDER BY task_id, cursor"
_PRODUCTS = "SELECT * FROM products"
_DEAD_LETTERS = "SELECT message_id FROM dead_letters"
_ANNOUNCEMENTS = "SELECT task_id, sent_at FROM announcements"

_PAGE = 1000
#: Also of those that wait for their turn, behind thousands.
_REQUEST_SECONDS = 120
_REQUESTS_AT_ONCE = 8
_SETTLE_SECONDS = 20
_POLL_SECONDS = 0.2
_LONGEST_LINE = 2000
#: Our events are names. What asyncpg tells the event loop of connections that broke while it was putting them
#: away has spaces in it, and is nobody's fault.
_ASYNCPG = "asyncpg"
_COUNTS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


async def gather_evidence(stack: Stack, uploads: Iterable[Upload], purged_at: list[float]) -> Evidence:
    """Look at everything, once the queue has come to rest. The services are stopped on the way, to see what
    they leave behind."""
    evidence = Evidence(purged_at=purged_at)
    await _look_at_queue_and_objects(stack, evidence)
    await _look_at_ledger(stack, evidence)
    task_ids = [upload.task_id for upload in uploads if upload.task_id is not None]
    limits = httpx.Limits(max_connections=_REQUESTS_AT_ONCE)
    async with httpx.AsyncClient(
        base_url=stack.url, trust_env=False, timeout=_REQUEST_SECONDS, limits=limits
    ) as http:
        views = await asyncio.gather(*(_view(http, task_id) for task_id in task_ids))
    evidence.views = {id: view for id, view in zip(task_ids, views, strict=True) if view is not None}
    await stack.stop_services()
    evidence.leftovers += _leftovers(stack)
    return evidence


async def _look_at_queue_and_objects(stack: Stack, evidence: Evidence) -> None:
    settings = aws_settings(stack.stores.environment())
    async with aws_client("s3", settings) as s3, aws_client("sqs", settings) as sqs:
        queue = (await sqs.get_queue_url(QueueName=settings.sqs_queue_name))["QueueUrl"]
        dead = (await sqs.get_queue_url(QueueName=f"{settings.sqs_queue_name}-dlq"))["QueueUrl"]
        deadline = asyncio.get_running_loop().time() + _SETTLE_SECONDS
        # a message too many is seen to after its task is over
        while await _depth(sqs, queue) + await _depth(sqs, dead):
            if asyncio.get_running_loop().time() > deadline:
                break
            await asyncio.sleep(_POLL_SECONDS)
        evidence.messages, evidence.dead_messages = await _depth(sqs, queue), await _depth(sqs, dead)
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=settings.s3_bucket_name)
        evidence.objects = {entry["Key"] async for page in pages for entry in page.get("Contents", [])}


async def _depth(sqs: Any, queue: str) -> int:
    answer = await sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=list(_COUNTS))
    return sum(int(answer["Attributes"][name]) for name in _COUNTS)


async def _look_at_ledger(stack: Stack, evidence: Evidence) -> None:
    connection = await asyncpg.connect(stack.stores.postgres.url)
    try:
        evidence.tasks = {str(row["task_id"]): dict(row) for row in await connection.fetch(_TASKS)}
        for row in await connection.fetch(_PRODUCTS):
            values = tuple(row[name] for name in COLUMN_NAMES)
            product = Product(values, row["accepted_at"], str(row["task_id"]))
            evidence.products.setdefault(row["proveedor_id"], {})[row["id"]] = product
        evidence.attempts = [
            Attempt(
                str(row["task_id"]), row["epoch"], row["worker"], row["start_cursor"], row["started_at"],
                row["outcome"],
            )
            for row in await connection.fetch(_ATTEMPTS)
        ]  # fmt: skip
        evidence.batches = [
            Batch(
                str(row["task_id"]), row["cursor"], row["epoch"], row["successful"], row["failed"],
                row["committed_at"],
            )
            for row in await connection.fetch(_BATCHES)
        ]  # fmt: skip
        evidence.dead_letters = [row["message_id"] for row in await connection.fetch(_DEAD_LETTERS)]
        rows = await connection.fetch(_ANNOUNCEMENTS)
        evidence.announcements = [(str(row["task_id"]), row["sent_at"]) for row in rows]
    finally:
        await connection.close()


async def _view(http: httpx.AsyncClient, task_id: str) -> TaskView | None:
    """Return what the API says of a task; None where it knows of none."""
    answer = await http.get(f"/api/catalog/bulk-upload/status/{task_id}")
    if answer.status_code == 404:
        return None
    answer.raise_for_status()
    url = f"/api/catalog/bulk-upload/{task_id}"
    errors = [item async for item in _pages(http, f"{url}/errores", "errores")]
    created = [item async for item in _pages(http, f"{url}/productos-creados", "productos_creados")]
    return TaskView(answer.json(), [(error["fila"], error["codigos"]) for error in errors], created)


async def _pages(http: httpx.AsyncClient, url: str, name: str) -> AsyncIterator[Any]:
    following: str | None = f"{url}?limit={_PAGE}"
    while following is not None:
        answer = (await http.get(following)).raise_for_status().json()
        for item in answer[name]:
            yield item
        following = answer["next"]


def _leftovers(stack: Stack) -> Iterator[str]:
    """What the services should have cleared away, and what they complained of."""
    services = stack.services.values()
    for service in services:
        yield from (f"{service.name} ended by itself: {code}" for code in service.unasked_ends)
        yield from (f"temporary file: {path}" for path in service.scratch.rglob("*"))
        yield from (f"{service.name} logged: {line}" for line in _complaints(service.log.read_text()))
    workers = set().union(*(service.pids for service in services))
    yield from (f"reading child {pid}" for pid in readers_of(workers))


def _complaints(log: str) -> Iterator[str]:
    """What no fault of a store explains: the services know those and call them warnings."""
    for line in log.splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            event = {"event": "Traceback", "level": "error"} if line.startswith("Traceback") else {}
        if not isinstance(event, dict):
            continue
        is_of_asyncpg = " " in event.get("event", "") and _ASYNCPG in line
        if event.get("level") in ("error", "critical") and not is_of_asyncpg:
            yield line[:_LONGEST_LINE]
