"""A poll that waits: answered as soon as there is news, and not before."""

import asyncio
from uuid import uuid4

import pytest

from common.tasks import TaskRecord
from tests.integration.test_events import nobody_listens, step
from tests.integration.test_status import put, record, url
from tests.support.catalog_api import assert_problem, catalog_api
from tests.support.events import StreamingApi, streaming_api
from tests.support.waiting import eventually


def waiting_url(task: TaskRecord, seconds: float = 30) -> str:
    return f"{url(task.task_id)}?wait={seconds}"


async def somebody_listens(api: StreamingApi) -> None:
    async def somebody() -> bool:
        return api.listeners > 0

    await eventually(somebody)


async def test_who_knows_the_answer_is_told_the_next_one(environment: dict[str, str]) -> None:
    task = record(uuid4())
    await put(environment, task)
    async with streaming_api(environment) as api:
        etag = ""
        for revision in (0, 1, 2, 10):
            headers = {"If-None-Match": etag} if etag else {}
            path = waiting_url(task) if etag else url(task.task_id)
            asking = asyncio.create_task(api.client.get(path, headers=headers).__aenter__())
            if etag:
                await somebody_listens(api)
                assert not asking.done()
                await put(environment, step(task, revision))
            answer = await asking
            assert answer.status == 200
            assert (await answer.json())["progress"]["processed"] == revision
            etag = answer.headers["ETag"]
        # of what is over nothing else will come
        async with api.client.get(waiting_url(task), headers={"If-None-Match": etag}) as known:
            assert (known.status, known.headers["ETag"]) == (304, etag)
        await eventually(lambda: nobody_listens(api))


async def test_who_knows_nothing_is_told_the_end(environment: dict[str, str]) -> None:
    task = record(uuid4())
    await put(environment, task)
    async with streaming_api(environment) as api:
        asking = asyncio.create_task(api.client.get(waiting_url(task)).__aenter__())
        await somebody_listens(api)
        await put(environment, step(task, 1))
        await put(environment, step(task, 10))
        assert (await (await asking).json())["status"] == "completed"
        async with api.client.get(waiting_url(task)) as again:
            assert (await again.json())["status"] == "completed"


async def test_where_nothing_comes_the_answer_is_the_usual_one(environment: dict[str, str]) -> None:
    task = step(record(uuid4()), 3)
    await put(environment, task)
    async with catalog_api(environment) as client:
        told = await client.get(waiting_url(task, 0.1))
        known = await client.get(waiting_url(task, 0.1), headers={"If-None-Match": told.headers["ETag"]})
        other = await client.get(waiting_url(task, 30), headers={"If-None-Match": '"other"'})
    assert (told.status_code, told.json()["progress"]["processed"]) == (200, 3)
    assert (known.status_code, known.content) == (304, b"")
    assert (other.status_code, other.content) == (200, told.content)
    assert told.headers["Retry-After"] == known.headers["Retry-After"] == "1"


async def test_who_goes_is_waited_for_no_longer(environment: dict[str, str]) -> None:
    task = record(uuid4())
    await put(environment, task)
    async with streaming_api(environment) as api:
        asking = asyncio.create_task(api.client.get(waiting_url(task)).__aenter__())
        await somebody_listens(api)
        asking.cancel()
        await eventually(lambda: nobody_listens(api))


@pytest.mark.parametrize("wait", ["-1", "31", "nan", "inf", "x", ""])
async def test_a_wait_has_its_bounds(environment: dict[str, str], wait: str) -> None:
    async with catalog_api(environment) as client:
        body = assert_problem(await client.get(f"{url(uuid4())}?wait={wait}"), 422, "invalid_parameters")
    assert body["names"] == ["wait"]


async def test_what_is_not_there_is_not_waited_for(environment: dict[str, str]) -> None:
    async with catalog_api(environment) as client:
        assert_problem(await client.get(f"{url(uuid4())}?wait=30"), 404, "task_not_found")
