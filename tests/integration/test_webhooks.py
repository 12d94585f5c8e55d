"""Tasks that ended are told to whom the operator named: signed, at least once, and to nobody else."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import asyncpg
import msgspec
import pytest
from aiohttp import web
from pydantic import ValidationError
from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from common.failpoints import VARIABLE, Failpoint
from common.tasks import TaskStatus
from infra.embedded.stores import Stores
from tests.support.catalogue_files import csv_file, products
from tests.support.ledger_rows import insert_task
from tests.support.recovery import letter_of
from tests.support.waiting import eventually
from tests.support.worker_process import worker_process
from tests.support.worker_shop import NOBODY, account_of, put_upload, send, workshop
from worker.database import Database
from worker.dead_letters import bury
from worker.metrics import Metrics
from worker.outcomes import Done
from worker.process import process_upload
from worker.redrive import note_sent, reopen, waiting_letters
from worker.settings import Settings
from worker.webhook_settings import Webhook
from worker.webhooks import Webhooks

SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"


@dataclass
class Receiver:
    """A provider's system: what it was told, and how it answers."""

    url: str = ""
    told: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    #: answers only once this is set
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.Request) -> web.Response:
        self.told.append((dict(request.headers), await request.read()))
        await self.may_answer.wait()
        return web.Response(status=self.status, headers=self.headers)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [msgspec.json.decode(body) for _, body in self.told]

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.told]


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    receiver.may_answer.set()
    app = web.Application()
    app.router.add_post("/hook", receiver.take)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    receiver.url = f"http://{host}:{port}/hook"
    try:
        yield receiver
    finally:
        receiver.may_answer.set()
        await runner.cleanup()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as made:
        yield made


@asynccontextmanager
async def telling(url: str, hooks: Mapping[str, Receiver], **options: Any) -> AsyncIterator[Webhooks]:
    table = {name: webhook(receiver.url) for name, receiver in hooks.items()}
    database = Database(url, 4)
    async with aiohttp.ClientSession() as session:
        yield Webhooks(database, table, session, Metrics(), **options)
    await database.close()


async def tell(webhooks: Webhooks) -> None:
    """Tell of what is due, and wait for what comes of it."""
    await webhooks.attend()
    await webhooks.settled()


def webhook(url: str, secret: str = SECRET) -> Webhook:
    return Webhook.model_validate({"url": url, "secret": secret})


async def ended(
    connection: asyncpg.Connection, status: TaskStatus = TaskStatus.COMPLETED, **task: Any
) -> UUID:
    task_id = uuid4()
    await insert_task(connection, task_id, status=status, **task)
    return task_id


async def due_again(connection: asyncpg.Connection) -> None:
    """Let the time pass until the next try."""
    await connection.execute("UPDATE webhook_deliveries SET next_at = clock_timestamp()")


async def notes(connection: asyncpg.Connection) -> list[tuple[int, bool, bool, str | None]]:
    """What is noted of every task: tries, whether it was taken, whether given up, and the last answer."""
    rows = await connection.fetch(
        """
        SELECT attempts, delivered_at IS NOT NULL, given_up_at IS NOT NULL, last_answer
          FROM webhook_deliveries
        """
    )
    return [tuple(row) for row in rows]


async def test_the_end_of_an_import_is_told_signed(
    environment: dict[str, str], receiver: Receiver, connection: asyncpg.Connection
) -> None:
    table = {"PROV001": {"url": receiver.url, "secret": SECRET}}
    upload = put_upload(environment, csv_file(products(20, faulty_every=10)))
    async with worker_process(environment, WEBHOOKS=msgspec.json.encode(table).decode()) as worker:
        send(environment, upload)
        await worker.has_logged("webhook_delivered")
        assert SECRET.removeprefix("whsec_") not in str(worker.events())
    ((headers, body),) = receiver.told
    told = Verifier(SECRET).verify(body, {name.lower(): value for name, value in headers.items()})
    record = (await account_of(connection, upload)).record
    assert headers["webhook-id"] == str(upload.task_id)
    assert headers["Content-Type"] == "application/json"
    assert record.result is not None
    assert record.completed_at is not None
    assert told == {
        "type": "bulk_upload.completed",
        "timestamp": record.completed_at.isoformat().replace("+00:00", "Z"),
        "data": {
            "task_id": str(upload.task_id),
            "proveedor_id": "PROV001",
            "status": "completed",
            "filename": "productos.csv",
            "opciones": {"reemplazar_duplicados": False, "validar": False},
            "resumen": record.result["resumen"],
            "error_code": None,
            "status_url": f"/api/catalog/bulk-upload/status/{upload.task_id}",
        },
    }
    with pytest.raises(WebhookVerificationError):
        Verifier(SECRET).verify(body + b" ", {name.lower(): value for name, value in headers.items()})


@pytest.mark.parametrize(
    ("status", "code"), [(TaskStatus.FAILED, "missing_columns"), (TaskStatus.CANCELLED, None)]
)
async def test_that_it_ended_in_another_way_is_told_too(
    database_url: str,
    receiver: Receiver,
    connection: asyncpg.Connection,
    status: TaskStatus,
    code: str | None,
) -> None:
    await ended(connection, status, error_code=code)
    async with telling(database_url, {"PROV001": receiver}) as webhooks:
        await tell(webhooks)
    (body,) = receiver.bodies
    assert (body["type"], body["data"]["status"]) == (f"bulk_upload.{status}", str(status))
    assert (body["data"]["error_code"], body["data"]["resumen"]) == (code, None)


async def test_what_goes_on_is_not_told(
    database_url: str, receiver: Receiver, connection: asyncpg.Connection
) -> None:
    await ended(connection, TaskStatus.PROCESSING)
    async with telling(database_url, {"PROV001": receiver}) as webhooks:
        await tell(webhooks)
    assert receiver.told == []


async def test_each_provider_is_told_at_its_own_address(
    database_url: str, receiver: Receiver, connection: asyncpg.Connection
) -> None:
    named = await ended(connection, proveedor_id="A")
    unnamed = await ended(connection, proveedor_id="B")
    async with receiving() as others:
        async with telling(database_url, {"A": receiver}) as webhooks:
            await tell(webhooks)
        assert receiver.ids == [str(named)]
        assert len(await notes(connection)) == 1
        async with telling(database_url, {"A": receiver, "*": others}) as webhooks:
            await tell(webhooks)
        assert receiver.ids == [str(named)]
        assert others.ids == [str(unnamed)]


async def test_a_task_is_told_until_it_is_taken_and_then_no_more(
    database_url: str, receiver: Receiver, connection: asyncpg.Connection
) -> None:
    task_id = await ended(connection)
    receiver.status = 503
    async with telling(database_url, {"PROV001": receiver}) as webhooks:
        await tell(webhooks)
        assert await notes(connection) == [(1, False, False, "503")]
        # not before its time
        await tell(webhooks)
        assert len(receiver.told) == 1
        receiver.status = 200
        await due_again(connection)
        await tell(webhooks)
        assert await notes(connection) == [(2, True, False, "200")]
        await due_again(connection)
        await tell(webhooks)
    assert receiver.ids == [str(task_id)] * 2
    assert receiver.bodies[0] == receiver.bodies[1]


async def test_each_wait_is_longer_up_to_an_hour(
    database_url: str, receiver: Receiver, connection: asyncpg.Connection
) -> None:
    await ended(connection)
    receiver.status = 500
    waits = []
    async with telling(database_url, {"PROV001": receiver}) as webhooks:
        for _ in range(7):
            await tell(webhooks)
            waits.append(
                await connection.fetchval(
                    "SELECT extract(epoch FROM next_at - clock_timestamp())::float8 FROM webhook_deliveries"
                )
            )
            await due_again(connection)
    assert [round(wait / 5) for wait in waits] == [1, 4, 16, 64, 256, 720, 720]


async def test_a_day_after_the_end_it_is_given_up(
    database_url: str, receiver: Receiver, connection: asyncpg.Connection
) -> None:
    await ended(connection)
    receiver.status = 500
    async with telling(database_url, {"PROV001": receiver}) as webhooks:
        await tell(webhooks)
        await connection.execute("UPDATE tasks SET completed_at = completed_at - interval '25 hours'")
        await due_again(connection)
        await tell(webhooks)
        assert await notes(connection) == [(2, False, True, "500")]
        await due_again(connection)
        await tell(webhooks)
    assert len(receiver.told) == 2


async def test_what_ended_long_ago_is_no_news(
    database_url: str, receiver: Receiver, connection: asyncpg.Connection
) -> None:
    await ended(connection)
    await connection.execute("UPDATE tasks SET completed_at = completed_at - interval '25 hours'")
    async with telling(database_url, {"PROV001": receiver}) as webhooks:
        await tell(webhooks)
    assert receiver.told == []


async def test_an_answer_that_leads_elsewhere_is_not_followed(
    database_url: str, receiver: Receiver, connection: asyncpg.Connection
) -> None:
    await ended(connection)
    async with receiving() as elsewhere:
        receiver.status, receiver.headers = 307, {"Location": elsewhere.url}
        async with telling(database_url, {"PROV001": receiver}) as webhooks:
            await tell(webhooks)
        assert elsewhere.told == []
    assert await notes(connection) == [(1, False, False, "307")]


async def test_one_who_does_not_answer_is_told_again_later(
    database_url: str, receiver: Receiver, connection: asyncpg.Connection
) -> None:
    await ended(connection)
    receiver.may_answer.clear()
    async with telling(database_url, {"PROV001": receiver}, post_seconds=0.2) as webhooks:
        await tell(webhooks)
        assert await notes(connection) == [(1, False, False, "TimeoutError")]
        receiver.may_answer.set()
        await due_again(connection)
        await tell(webhooks)
    assert [note[1] for note in await notes(connection)] == [True]


async def test_nobody_at_the_address(database_url: str, connection: asyncpg.Connection) -> None:
    await ended(connection)
    async with telling(database_url, {"PROV001": Receiver(f"http://{NOBODY}/hook")}) as webhooks:
        await tell(webhooks)
    assert await notes(connection) == [(1, False, False, "ClientConnectorError")]


async def test_two_workers_tell_a_task_once(
    database_url: str, receiver: Receiver, connection: asyncpg.Connection
) -> None:
    task_ids = {str(await ended(connection)) for _ in range(8)}
    receiver.may_answer.clear()
    async with (
        telling(database_url, {"PROV001": receiver}) as one,
        telling(database_url, {"PROV001": receiver}) as other,
    ):
        both = asyncio.gather(tell(one), tell(other))
        await eventually(lambda: holds(len(receiver.told) == len(task_ids)))
        receiver.may_answer.set()
        await both
    assert sorted(receiver.ids) == sorted(task_ids)


async def holds(condition: bool) -> bool:
    return condition


@pytest.mark.parametrize("named", [True, False])
async def test_one_whose_address_hangs_holds_nobody_else_up(
    database_url: str, receiver: Receiver, connection: asyncpg.Connection, named: bool
) -> None:
    for number in range(40):
        await ended(connection, proveedor_id="HANGS" if named else f"HANGS-{number}")
    async with receiving() as hanging:
        hanging.may_answer.clear()
        hooks = {"HANGS" if named else "*": hanging, "PROMPT": receiver}
        async with telling(database_url, hooks, post_seconds=600) as webhooks:
            prompt = []
            for _ in range(6):
                prompt.append(str(await ended(connection, proveedor_id="PROMPT")))

                async def all_are_told() -> bool:
                    await webhooks.attend()
                    return receiver.ids == prompt

                await eventually(all_are_told)
            await eventually(lambda: holds(len(hanging.told) == 8))
            # what hangs is broken off at the end, and told once more
            await webhooks.end()
            broken_off = set(hanging.ids)
            hanging.may_answer.set()
            for _ in range(40 // 8):
                await due_again(connection)
                await tell(webhooks)
    assert all(is_delivered for _, is_delivered, _, _ in await notes(connection))
    told = Counter(hanging.ids)
    assert {task_id for task_id, times in told.items() if times == 2} == broken_off
    assert len(told) == 40
    assert receiver.ids == prompt


async def test_whether_a_task_had_been_given_up_is_looked_up(connection: asyncpg.Connection) -> None:
    await connection.execute("SET enable_seqscan = off")
    plan = await connection.fetch("EXPLAIN SELECT FROM dead_letters WHERE task_id = $1", uuid4())
    assert "dead_letters_task_id" in str(plan)


async def test_a_worker_that_dies_before_it_notes_the_answer_tells_again(
    environment: dict[str, str], receiver: Receiver, connection: asyncpg.Connection
) -> None:
    task_id = await ended(connection)
    hooks = {"WEBHOOKS": msgspec.json.encode({"*": {"url": receiver.url, "secret": SECRET}}).decode()}
    async with worker_process(environment, **hooks, **{VARIABLE: Failpoint.WEBHOOK_POSTED}) as worker:
        assert await worker.ended() == -signal.SIGKILL
    assert await notes(connection) == [(1, False, False, None)]
    # that it was tried is known, and nobody else tries for a while
    async with telling(environment["DATABASE_URL"], {"*": receiver}) as webhooks:
        await tell(webhooks)
        assert len(receiver.told) == 1
        await due_again(connection)
        await tell(webhooks)
    assert receiver.ids == [str(task_id)] * 2
    assert [note[1] for note in await notes(connection)] == [True]


async def test_a_task_that_was_reopened_is_told_again_when_it_ends_again(
    environment: dict[str, str], receiver: Receiver, connection: asyncpg.Connection
) -> None:
    upload = put_upload(environment, csv_file(products(3)))
    await bury(connection, letter_of(upload), 0)
    async with telling(environment["DATABASE_URL"], {"*": receiver}) as webhooks:
        await tell(webhooks)
        (letter,) = await waiting_letters(connection, None)
        assert await reopen(connection, letter) is not None
        await note_sent(connection, letter)
        await tell(webhooks)
        async with workshop(environment) as shop:
            assert await process_upload(shop, upload, "correlation-1") == Done()
        await tell(webhooks)
        await tell(webhooks)
    assert [body["data"]["status"] for body in receiver.bodies] == ["failed", "completed"]
    # whoever passes over what it knows by its id must not pass over the second
    assert len(set(receiver.ids)) == 2


async def test_while_the_ledger_is_away_nothing_is_told_and_nothing_lost(
    stores: Stores, database_url: str, receiver: Receiver, connection: asyncpg.Connection
) -> None:
    task_id = await ended(connection)
    async with telling(database_url, {"PROV001": receiver}) as webhooks:
        await stores.postgres.kill()
        await tell(webhooks)
        assert receiver.told == []
        await stores.start()
        await tell(webhooks)
    assert receiver.ids == [str(task_id)]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{", "must be JSON such as"),
        ("[]", "must be JSON such as"),
        ('{"A": {"url": "ftp://example.com", "secret": "%s"}}', "webhooks.A.url"),
        ('{"A": {"url": "https://example.com", "secret": "whsec_%%%%"}}', "webhooks.A.secret"),
        ('{"A": {"url": "https://example.com", "secret": "whsec_c2hvcnQ="}}', "24 to 64 bytes"),
        ('{"A": {"url": "https://example.com"}}', "webhooks.A.secret"),
        ('{"A": {"url": "https://example.com", "secret": "%s", "sekret": "x"}}', "webhooks.A.sekret"),
    ],
)
def test_what_makes_no_sense_stops_the_worker_at_its_start_and_shows_no_secret(
    monkeypatch: pytest.MonkeyPatch, written: str, said: str
) -> None:
    monkeypatch.setenv("WEBHOOKS", written.replace("%s", SECRET))
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert said in str(refused.value)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("written", ["", "{}"])
def test_nobody_need_be_told(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setenv("WEBHOOKS", written)
    assert Settings().webhooks == {}
