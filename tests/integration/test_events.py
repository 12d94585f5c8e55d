"""A task as a stream: told at once, at every change and to its end; who is cut off misses nothing."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import cast
from uuid import uuid4

import aiohttp
import asyncpg
import pytest
from redis.asyncio import Redis

from catalog_service.schemas import StatusBody
from common.tasks import Progress, TaskRecord, TaskStatus
from infra.embedded.stores import Stores
from tests.integration.bff_upstream import bff_for
from tests.integration.test_status import RESUMEN, put, record, url
from tests.support.catalog_api import catalog_process
from tests.support.events import Event, Listener, StreamingApi, listening, streaming_api
from tests.support.ledger_rows import insert_task
from tests.support.waiting import eventually

PROCESSING, COMPLETED = TaskStatus.PROCESSING, TaskStatus.COMPLETED


def events_url(task: TaskRecord, prefix: str = "/api/catalog") -> str:
    return f"{prefix}/bulk-upload/status/{task.task_id}/events"


def step(task: TaskRecord, revision: int, *, total: int = 10) -> TaskRecord:
    """The task as it stands at a revision: one row more each time, and over with the last."""
    status = COMPLETED if revision == total else PROCESSING
    progress = Progress(total=total, processed=revision, successful=revision, failed=0)
    result = {"resumen": RESUMEN, "productos_creados": []} if status is COMPLETED else None
    return record(
        task.task_id,
        status=status,
        progress=progress,
        revision=revision,
        result=result,
        filename=task.filename,
    )


def following() -> list[str]:
    """What is done for listeners at this moment, of all that asyncio does."""
    names = [getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks()]
    return [name for name in names if name == "Watches._follow"]


async def nobody_listens(api: StreamingApi) -> bool:
    return api.listeners == 0 and following() == []


async def test_the_whole_story(environment: dict[str, str]) -> None:
    task = record(uuid4())
    await put(environment, task)
    async with streaming_api(environment) as api, listening(api.client, events_url(task)) as listener:
        assert listener.response.headers["Cache-Control"] == "no-store"
        assert listener.response.headers["X-Accel-Buffering"] == "no"
        everything = listener.everything()
        first = await anext(everything)
        assert (first.retry, first.data) == (2000, "")
        told = await anext(everything)
        assert (told.event, told.id) == ("status", "0")
        async with api.client.get(url(task.task_id)) as polled:
            assert told.body == await polled.json()
        for revision in (1, 2, 10):
            await put(environment, step(task, revision))
            told = await anext(everything)
            assert (told.event, told.id, told.body["progress"]["processed"]) == (
                "status",
                str(revision),
                revision,
            )
            StatusBody.model_validate(told.body)
        assert told.body["status"] == "completed"
        end = await anext(everything)
        assert (end.event, end.id) == ("end", None)
        assert end.body == {"task_id": str(task.task_id), "status": "completed"}
        assert [event async for event in everything] == []
        await eventually(lambda: nobody_listens(api))


async def test_prefix_and_language_are_those_of_the_listener(environment: dict[str, str]) -> None:
    task = step(record(uuid4()), 10)
    await put(environment, task)
    async with (
        streaming_api(environment) as api,
        listening(api.client, events_url(task, "/api/v1/catalog"), **{"Accept-Language": "en"}) as english,
        listening(api.client, events_url(task)) as spanish,
    ):
        told = (await english.next()).body["result"]
        assert told["mensaje"] == "Bulk upload completed"
        assert told["enlaces"]["errores"].startswith("/api/v1/catalog/")
        told = (await spanish.next()).body["result"]
        assert told["mensaje"] == "Carga masiva completada"
        assert told["enlaces"]["errores"].startswith("/api/catalog/")


async def test_who_comes_back_is_told_what_is_newer(environment: dict[str, str]) -> None:
    task = record(uuid4())
    await put(environment, step(task, 4))
    async with streaming_api(environment) as api:
        async with listening(api.client, events_url(task), last_event_id="3") as listener:
            assert (await listener.next()).id == "4"
        async with listening(api.client, events_url(task), last_event_id="4") as listener:
            assert (await anext(listener.everything())).retry == 2000
            await put(environment, step(task, 5))
            assert (await listener.next()).id == "5"
        # what is no revision tells nothing
        async with listening(api.client, events_url(task), last_event_id="x") as listener:
            assert (await listener.next()).id == "5"
        await put(environment, step(task, 10))
        async with listening(api.client, events_url(task), last_event_id="5") as listener:
            assert [event.event async for event in listener.events()] == ["status", "end"]
        for known in ("10", "11"):
            async with api.client.get(events_url(task), headers={"Last-Event-ID": known}) as response:
                assert (response.status, await response.read()) == (204, b"")


async def test_what_is_not_there_is_said_at_once(environment: dict[str, str]) -> None:
    async with streaming_api(environment) as api:
        async with api.client.get(events_url(record(uuid4()))) as response:
            assert (response.status, (await response.json())["code"]) == (404, "task_not_found")
        async with api.client.get("/api/catalog/bulk-upload/status/x/events") as response:
            assert (response.status, (await response.json())["code"]) == (422, "invalid_parameters")


async def test_one_looks_for_all_who_listen(environment: dict[str, str]) -> None:
    task, other = record(uuid4()), record(uuid4())
    await put(environment, task, other)
    async with streaming_api(environment) as api, AsyncExitStack() as stack:
        listeners = [
            await stack.enter_async_context(listening(api.client, events_url(one)))
            for one in (*[task] * 20, other)
        ]
        for listener in listeners:
            assert (await listener.next()).id == "0"
        assert (api.listeners, len(following())) == (21, 2)


async def test_more_than_may_listen_are_sent_away_and_can_still_ask(environment: dict[str, str]) -> None:
    task = record(uuid4())
    await put(environment, task)
    async with streaming_api(environment, max_listeners=1) as api:
        async with listening(api.client, events_url(task)) as listener:
            await listener.next()
            for path in (events_url(task), f"{url(task.task_id)}?wait=20"):
                async with api.client.get(path) as response:
                    assert (response.status, (await response.json())["code"]) == (503, "too_many_listeners")
                    assert response.headers["Retry-After"] == "5"
            async with api.client.get(url(task.task_id)) as response:
                assert response.status == 200
        await eventually(lambda: nobody_listens(api))
        async with listening(api.client, events_url(task)) as listener:
            assert (await listener.next()).id == "0"


async def test_nothing_is_left_of_who_goes(environment: dict[str, str]) -> None:
    task = record(uuid4())
    await put(environment, task)
    async with streaming_api(environment) as api:
        before = len(asyncio.all_tasks())
        async with AsyncExitStack() as stack:
            for _ in range(5):
                await (await stack.enter_async_context(listening(api.client, events_url(task)))).next()
            assert api.listeners == 5
        await eventually(lambda: nobody_listens(api))

        async def as_before() -> bool:
            return len(asyncio.all_tasks()) <= before

        await eventually(as_before)


async def test_a_listener_that_reads_nothing_finds_the_newest(environment: dict[str, str]) -> None:
    """It blocks nobody, and no backlog piles up for it."""
    task = record(uuid4(), filename="x" * 200_000)
    await put(environment, step(task, 1))
    async with streaming_api(environment) as api, slow_reader(api, events_url(task)) as slow:
        async with listening(api.client, events_url(task)) as quick:
            for revision in range(2, 40):
                await put(environment, step(task, revision, total=40))
                while (await quick.next()).id != str(revision):
                    continue
            await put(environment, step(task, 40, total=40))
            assert [event.event async for event in quick.events()] == ["status", "end"]
        reader, resume = slow
        resume()
        rest = await reader.readuntil(b"event: end\n")
    revisions = [int(line.removeprefix(b"id: ")) for line in rest.splitlines() if line.startswith(b"id: ")]
    assert revisions == sorted(set(revisions))
    assert revisions[-1] == 40
    assert len(revisions) < 40


@asynccontextmanager
async def slow_reader(
    api: StreamingApi, path: str
) -> AsyncIterator[tuple[asyncio.StreamReader, Callable[[], None]]]:
    """A listener that takes nothing before it is told to: its reader, and what tells it."""
    host, port = api.url.removeprefix("http://").split(":")
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.setblocking(False)
    await asyncio.get_running_loop().sock_connect(line, (host, int(port)))
    reader, writer = await asyncio.open_connection(sock=line, limit=2**24)
    transport = cast("asyncio.Transport", writer.transport)
    transport.pause_reading()
    writer.write(f"GET {path} HTTP/1.1\r\nHost: api\r\n\r\n".encode())

    async def is_heard() -> bool:
        return api.listeners > 0

    await eventually(is_heard)
    try:
        yield reader, transport.resume_reading
    finally:
        writer.close()


async def test_streams_outlive_the_stores(
    environment: dict[str, str], stores: Stores, connection: asyncpg.Connection
) -> None:
    """They say that they are still there, and go on when there is news again."""
    task = record(uuid4())
    # the ledger has it, too: Redis will come back without it
    await insert_task(connection, task.task_id, status=PROCESSING, successful=1, total=10)
    await connection.close()
    await put(environment, step(task, 1))
    patience = {"heartbeat_seconds": 0.1, "database_timeout_seconds": 0.5}
    async with (
        streaming_api(environment, **patience) as api,
        listening(api.client, events_url(task)) as listener,
    ):
        everything = listener.everything()
        while (await anext(everything)).id != "1":
            continue
        await stores.valkey.stop()
        await stores.postgres.stop()
        async with api.client.get(events_url(task)) as response:
            assert (response.status, (await response.json())["code"]) == (503, "status_unavailable")
        # who was told of it before may wait, too
        async with listening(api.client, events_url(task), last_event_id="1") as returned:
            others = returned.everything()
            assert (await anext(others)).retry == 2000
            for stream in (everything, others):
                for _ in range(3):
                    assert (await anext(stream)).comment == "ping"
            await stores.start()
            await put(environment, step(task, 10))
            for stream in (everything, others):
                told = [event async for event in stream if event.data]
                assert [(event.event, event.id) for event in told] == [("status", "10"), ("end", None)]


async def test_a_task_that_is_taken_back_ends_the_stream(environment: dict[str, str]) -> None:
    task = record(uuid4())
    await put(environment, task)
    async with streaming_api(environment) as api, listening(api.client, events_url(task)) as listener:
        assert (await listener.next()).id == "0"
        async with Redis.from_url(environment["REDIS_URL"]) as redis:
            await redis.delete(f"bulk_upload_task:{task.task_id}")
        assert [event async for event in listener.events()] == []


async def test_a_service_that_stops_waits_for_nobody_who_waits(environment: dict[str, str]) -> None:
    task = step(record(uuid4()), 1)
    await put(environment, task)
    # it would be killed, and say so
    async with (
        catalog_process(environment, SHUTDOWN_GRACE_SECONDS="1000") as (child, port),
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client,
        listening(client, events_url(task)) as listener,
    ):
        assert (await listener.next()).id == "1"
        waiting = asyncio.create_task(client.get(f"{url(task.task_id)}?wait=30").__aenter__())
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(waiting), 0.5)
        await child.stop()
        assert child.returncode == -15
        assert [event async for event in listener.events()] == []
        answer = await waiting
        assert answer.status == 200
        assert (await answer.json())["status"] == "processing"


class Story:
    """A task that moves on, and many who listen to it; some go away for a while and come back."""

    def __init__(self, environment: dict[str, str], client: aiohttp.ClientSession, *, total: int) -> None:
        self.task = record(uuid4())
        self._environment = environment
        self._client = client
        self._total = total
        self.revision = 0
        #: Of each listener: all that it was told, in this order.
        self.told: dict[int, list[int]] = {}
        self._away: set[int] = set()
        self._moved = asyncio.Condition()

    async def tell(self) -> None:
        """Move on, each time once all who are there have been told."""
        for self.revision in range(1, self._total + 1):  # noqa: B020  # it is what the others look at
            await put(self._environment, step(self.task, self.revision, total=self._total))
            async with self._moved:
                self._moved.notify_all()
                await self._moved.wait_for(self._all_know)

    def _all_know(self) -> bool:
        there = [told for number, told in self.told.items() if number not in self._away]
        return all(told[-1:] == [self.revision] for told in there)

    def _known(self) -> int:
        """What one of them has been told at the least."""
        return max(told[-1] for told in self.told.values())

    async def listen(self, number: int, leaves_at: int | None) -> None:
        """Listen to the end; ``leaves_at``: the revision behind which to miss two."""
        told = self.told.setdefault(number, [])
        if leaves_at is not None:
            await self._listen_until(number, lambda event: int(event.id or 0) >= leaves_at)
            async with self._moved:
                self._away.add(number)
                self._moved.notify_all()
                await self._moved.wait_for(lambda: self._known() >= told[-1] + 2)
                known = self._known()
                self._away.discard(number)
            before = len(told)
            await self._listen_until(number, lambda event: event.event == "end")
            assert told[before] >= known, "what came first was older than what was known"
        else:
            await self._listen_until(number, lambda event: event.event == "end")

    async def _listen_until(self, number: int, enough: Callable[[Event], bool]) -> None:
        told = self.told[number]
        last = str(told[-1]) if told else None
        async with listening(self._client, events_url(self.task), last_event_id=last) as listener:
            async for event in listener.events():
                if event.event == "status":
                    async with self._moved:
                        told.append(event.body["progress"]["processed"])
                        assert event.id == str(told[-1])
                        self._moved.notify_all()
                if enough(event):
                    return
        pytest.fail("the stream ended before the story did")


@pytest.mark.parametrize("through_bff", [False, True])
async def test_all_are_told_one_story_however_often_they_are_cut_off(
    environment: dict[str, str], *, through_bff: bool
) -> None:
    total = 12
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(streaming_api(environment))
        url = await stack.enter_async_context(bff_for(api.url)) if through_bff else api.url
        connector = aiohttp.TCPConnector(limit=0)
        client = await stack.enter_async_context(aiohttp.ClientSession(url, connector=connector))
        story = Story(environment, client, total=total)
        await put(environment, story.task)
        async with asyncio.TaskGroup() as group:
            for number in range(50):
                group.create_task(story.listen(number, 2 + number % 7 if number % 5 == 0 else None))

            async def all_listen() -> bool:
                return sum(map(bool, story.told.values())) == 50

            await eventually(all_listen)
            group.create_task(story.tell())
        for number, told in story.told.items():
            assert told == sorted(set(told))
            assert told[-1] == total
            if number % 5:
                assert told == [*range(total + 1)]
            else:
                assert len(told) < total + 1
        await eventually(lambda: nobody_listens(api))


class TestThroughTheBff:
    async def test_an_event_arrives_before_the_next_exists(self, environment: dict[str, str]) -> None:
        task = record(uuid4())
        await put(environment, task)
        async with (
            streaming_api(environment) as api,
            bff_for(api.url) as bff,
            aiohttp.ClientSession(bff) as client,
            listening(client, events_url(task)) as listener,
        ):
            assert listener.response.headers["X-Accel-Buffering"] == "no"
            for revision in range(10):
                assert (await listener.next()).id == str(revision)
                await put(environment, step(task, revision + 1))
            assert [event.event async for event in listener.events()] == ["status", "end"]

    async def test_who_comes_back_through_it_misses_nothing(self, environment: dict[str, str]) -> None:
        task = record(uuid4())
        await put(environment, step(task, 4))
        async with (
            streaming_api(environment) as api,
            bff_for(api.url) as bff,
            aiohttp.ClientSession(bff) as client,
        ):
            async with listening(client, events_url(task), last_event_id="3") as listener:
                assert (await listener.next()).id == "4"
            await put(environment, step(task, 10))
            async with client.get(events_url(task), headers={"Last-Event-ID": "10"}) as response:
                assert response.status == 204

    @pytest.mark.parametrize(
        "path", [lambda task: events_url(task), lambda task: f"{url(task.task_id)}?wait=30"]
    )
    async def test_who_hangs_up_is_forgotten_by_both(
        self, environment: dict[str, str], path: Callable[[TaskRecord], str]
    ) -> None:
        task = record(uuid4())
        await put(environment, task)
        async with (
            streaming_api(environment) as api,
            bff_for(api.url) as bff,
            aiohttp.ClientSession(bff) as client,
        ):
            asking = asyncio.create_task(client.get(path(task)).__aenter__())

            async def somebody_listens() -> bool:
                return api.listeners == 1

            await eventually(somebody_listens)
            if asking.done():
                (await asking).close()
            asking.cancel()
            await eventually(lambda: nobody_listens(api))

    async def test_more_listen_than_it_once_had_connections(self, environment: dict[str, str]) -> None:
        task = record(uuid4())
        await put(environment, task)
        async with (
            streaming_api(environment) as api,
            # all of it shares the test's loop
            bff_for(api.url, catalog_connect_timeout_seconds=60) as bff,
            aiohttp.ClientSession(bff, connector=aiohttp.TCPConnector(limit=0)) as client,
            AsyncExitStack() as stack,
        ):
            listeners: list[Listener] = [
                await stack.enter_async_context(listening(client, events_url(task))) for _ in range(250)
            ]
            await put(environment, step(task, 10))
            for listener in listeners:
                assert [event.event async for event in listener.events()][-2:] == ["status", "end"]
