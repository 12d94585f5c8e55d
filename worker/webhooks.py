"""Telling providers' own systems that a task has ended: by a signed message to the address that the operator
configured for each, at least once.

The messages are those of the Standard Webhooks specification (standardwebhooks.com). What was told stands in
the ledger: a worker that dies between a post and its note leaves a task that is told of once more.
"""

import asyncio
import base64
import hashlib
import hmac
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

import aiohttp
import asyncpg
import msgspec
import structlog

from common.failpoints import Failpoint, failpoint
from worker.database import DATABASE_FAULTS, Database
from worker.heartbeat import repeating
from worker.metrics import Metrics
from worker.webhook_ledger import Due, Room, announce, delivered, due, failed
from worker.webhook_settings import ALL_OTHERS, Webhook, key_of

log = structlog.get_logger(__name__)

_EVERY_SECONDS = 1.0
_LOOK_BACK_EVERY_SECONDS = 300.0
_POST_SECONDS = 10.0
#: How long nobody else tries what a worker is trying.
LEASE_SECONDS = 30.0
#: Posts that are under way at the same time, in all and to one address, which may hang.
_AT_ONCE = 32
_TO_ONE_ADDRESS = 8
#: What posts that are under way are given to end by themselves.
_GRACE_SECONDS = 2.0
_SUCCESS = range(200, 300)


class Webhooks:
    """Tells of tasks that ended. ``table``: whom, by provider; ``lease_seconds``: how long a try is this
    worker's."""

    def __init__(
        self,
        database: Database,
        table: Mapping[str, Webhook],
        session: aiohttp.ClientSession,
        metrics: Metrics,
        *,
        lease_seconds: float = LEASE_SECONDS,
        post_seconds: float = _POST_SECONDS,
    ) -> None:
        self._database = database
        self._table = table
        self._others = ALL_OTHERS in table
        self._named = sorted(table.keys() - {ALL_OTHERS})
        self._session = session
        self._metrics = metrics
        self._lease_seconds = lease_seconds
        self._timeout = aiohttp.ClientTimeout(total=post_seconds)
        self._look_back_at = 0.0
        # with the address of each, by its name in the table
        self._posts: dict[asyncio.Task[None], str] = {}

    async def attend(self) -> None:
        """Begin to tell of what is due, as far as there are free places; who hangs holds nobody else up.
        While the ledger is away, of nothing."""
        try:
            async with self._database.connection() as connection:
                await self._look(connection)
                room = self._room()
                found = await due(connection, room, self._lease_seconds) if room else []
        except DATABASE_FAULTS as error:
            log.warning("webhooks_put_off", error=type(error).__name__)
            return
        for task in found:
            post = asyncio.create_task(self._tell(task))
            self._posts[post] = self._address_of(task)
            post.add_done_callback(self._over)

    async def settled(self) -> None:
        """Return once no post is under way."""
        while self._posts:
            await asyncio.wait(list(self._posts))

    async def end(self) -> None:
        """Give posts that are under way a moment, and break off those that take longer: they are told of
        again."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_GRACE_SECONDS):
                await self.settled()
        posts = list(self._posts)
        for post in posts:
            post.cancel()
        await asyncio.gather(*posts, return_exceptions=True)

    def _room(self) -> Room | None:
        """Return for whom there are places; None where there is no place at all."""
        most = _AT_ONCE - len(self._posts)
        busy = set(self._posts.values())
        free = [name for name in self._named if name not in busy]
        others = self._others and ALL_OTHERS not in busy
        if most <= 0 or not (free or others):
            return None
        return Room(named=self._named, free=free, others=others, most=most, of_one=_TO_ONE_ADDRESS)

    def _address_of(self, task: Due) -> str:
        return task.proveedor_id if task.proveedor_id in self._table else ALL_OTHERS

    def _over(self, post: asyncio.Task[None]) -> None:
        del self._posts[post]
        if not post.cancelled() and (error := post.exception()) is not None:
            log.error("webhook_broke", exc_info=error)

    async def _look(self, connection: asyncpg.Connection) -> None:
        """Look for tasks that ended; now and then further back, for nobody may have looked when they did."""
        now = time.monotonic()
        looks_back = now >= self._look_back_at
        await announce(connection, self._named, others=self._others, all_day=looks_back)
        if looks_back:
            self._look_back_at = now + _LOOK_BACK_EVERY_SECONDS

    async def _tell(self, task: Due) -> None:
        answer = await self._post(self._table[self._address_of(task)], task)
        failpoint(Failpoint.WEBHOOK_POSTED)
        try:
            outcome = await self._note(task, answer)
        except DATABASE_FAULTS as error:
            # nobody knows that it was told: it is told once more
            log.warning("webhook_not_noted", task_id=str(task.task_id), error=type(error).__name__)
            return
        self._metrics.webhooks.labels(outcome).inc()
        write = log.info if outcome == "delivered" else log.warning
        about = {"task_id": str(task.task_id), "proveedor_id": task.proveedor_id}
        write(f"webhook_{outcome}", attempt=task.attempts, answer=str(answer), **about)

    async def _note(self, task: Due, answer: int | str) -> str:
        """Note what came of a try; return that as a word."""
        async with self._database.connection() as connection:
            if isinstance(answer, int) and answer in _SUCCESS:
                await delivered(connection, task, str(answer))
                return "delivered"
            return "given_up" if await failed(connection, task, str(answer)) else "failed"

    async def _post(self, webhook: Webhook, task: Due) -> int | str:
        """Return the status of the answer, or the name of a fault."""
        body = message_of(task)
        headers = signed(task.message_id, datetime.now(UTC), body, key_of(webhook.secret))
        try:
            async with self._session.post(
                str(webhook.url), data=body, headers=headers, timeout=self._timeout, allow_redirects=False
            ) as answer:
                return answer.status
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return type(error).__name__


def message_of(task: Due) -> bytes:
    """Return what is told of a task."""
    return msgspec.json.encode(
        {
            "type": f"bulk_upload.{task.status}",
            "timestamp": task.completed_at,
            "data": {
                "task_id": task.task_id,
                "proveedor_id": task.proveedor_id,
                "status": task.status,
                "filename": task.filename,
                "opciones": task.options,
                "resumen": task.summary,
                "error_code": task.error_code,
                "status_url": f"/api/catalog/bulk-upload/status/{task.task_id}",
            },
        }
    )


def signed(message_id: str, moment: datetime, body: bytes, key: bytes) -> dict[str, str]:
    """Return the headers of a message, its signature among them."""
    timestamp = str(int(moment.timestamp()))
    content = b".".join((message_id.encode(), timestamp.encode(), body))
    signature = base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
    return {
        "Content-Type": "application/json",
        "User-Agent": "carga",
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{signature}",
    }


@asynccontextmanager
async def telling(database: Database, table: Mapping[str, Webhook], metrics: Metrics) -> AsyncIterator[None]:
    """Tell of tasks that ended while the context lasts; nothing happens where nobody is to be told."""
    if not table:
        yield
        return
    # each post has a connection of its own: they are few, and nobody remembers the answer of another
    connector = aiohttp.TCPConnector(limit=_AT_ONCE, force_close=True)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
        webhooks = Webhooks(database, table, session, metrics)
        try:
            async with repeating(webhooks.attend, _EVERY_SECONDS):
                yield
        finally:
            await webhooks.end()
