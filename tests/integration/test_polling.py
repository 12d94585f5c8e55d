"""Asking again: what has not changed is not sent again, and who waits is told how long."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs

from common.tasks import TaskRecord, TaskStatus, TaskStore
from tests.integration.test_status import put, record, url
from tests.support.catalog_api import assert_problem, catalog_api, post
from tests.support.stores import flush_redis

PROCESSING, COMPLETED = TaskStatus.PROCESSING, TaskStatus.COMPLETED


async def told(client: httpx.AsyncClient, task: TaskRecord, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.get(url(task.task_id), headers=named)


async def test_what_has_not_changed_is_not_sent_again(environment: dict[str, str]) -> None:
    task = record(uuid4(), status=PROCESSING, revision=3)
    await put(environment, task)
    async with catalog_api(environment) as client:
        first = await told(client, task)
        again = await told(client, task, If_None_Match=first.headers["ETag"])
        weak = await told(client, task, If_None_Match=f'"other", W/{first.headers["ETag"]}')
        anything = await told(client, task, If_None_Match="*")
        other = await told(client, task, If_None_Match='"other"')
        await put(environment, record(task.task_id, status=PROCESSING, revision=4, filename="b.csv"))
        changed = await told(client, task, If_None_Match=first.headers["ETag"])

    assert first.headers["ETag"].startswith('"')
    for answer in (again, weak, anything):
        assert (answer.status_code, answer.content) == (304, b"")
        for name in ("ETag", "Cache-Control", "Vary", "Retry-After"):
            assert answer.headers[name] == first.headers[name]
        assert "content-type" not in answer.headers
    assert (other.status_code, other.content) == (200, first.content)
    assert (changed.status_code, changed.json()["filename"]) == (200, "b.csv")
    assert changed.headers["ETag"] != first.headers["ETag"]


async def test_an_answer_may_be_kept_by_one_person_to_be_asked_about(environment: dict[str, str]) -> None:
    task = record(uuid4(), status=PROCESSING, revision=3)
    await put(environment, task)
    async with catalog_api(environment, cors_allowed_origins="https://a.example") as client:
        answer = await told(client, task, Origin="https://a.example")
        asks = {"Origin": "https://a.example", "Access-Control-Request-Method": "GET"}
        preflight = await client.options(
            url(task.task_id), headers={**asks, "Access-Control-Request-Headers": "if-none-match"}
        )
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "Accept-Language" in answer.headers["Vary"]
    assert preflight.status_code == 200
    exposed = answer.headers["Access-Control-Expose-Headers"]
    assert "ETag" in exposed
    assert "Retry-After" in exposed


async def test_the_tag_is_that_of_the_body_whoever_knew_it(environment: dict[str, str]) -> None:
    """From Redis, rendered anew by another process, from S3 alone: one body, one tag."""
    task = record(uuid4(), status=COMPLETED, revision=3, result={"resumen": {}})
    await put(environment, task)
    async with catalog_api(environment) as client, catalog_api(environment) as another:
        here, there = await told(client, task), await told(another, task)
        english = await told(client, task, Accept_Language="en")
        v1 = await client.get(f"/api/v1/catalog/bulk-upload/status/{task.task_id}")
    assert here.content == there.content
    assert here.headers["ETag"] == there.headers["ETag"]
    assert len({answer.headers["ETag"] for answer in (here, english, v1)}) == 3


async def test_a_tag_outlives_redis(environment: dict[str, str]) -> None:
    async with catalog_api(environment) as client:
        status_url = (await post(client)).json()["status_url"]
        before = await client.get(status_url)
        await flush_redis(environment["REDIS_URL"])
        after = await client.get(status_url, headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 304


@pytest.mark.parametrize(
    ("status", "age_seconds", "pause"),
    [
        (TaskStatus.PENDING, -60, "1"),
        (TaskStatus.PENDING, 0, "1"),
        (PROCESSING, 51, "5"),
        (PROCESSING, 86_400, "10"),
        (COMPLETED, 0, None),
        (TaskStatus.FAILED, 51, None),
        (TaskStatus.CANCELLED, 51, None),
    ],
)
async def test_who_waits_is_told_how_long_until_there_is_nothing_to_wait_for(
    environment: dict[str, str], status: TaskStatus, age_seconds: int, pause: str | None
) -> None:
    created = datetime.now(UTC) - timedelta(seconds=age_seconds)
    task = record(uuid4(), status=status, created_at=created)
    await put(environment, task)
    async with catalog_api(environment) as client:
        answer = await told(client, task)
        again = await told(client, task, If_None_Match=answer.headers["ETag"])
    assert (answer.status_code, again.status_code) == (200, 304)
    assert answer.headers.get("Retry-After") == again.headers.get("Retry-After") == pause


async def test_other_spellings_of_an_id_find_the_task_and_what_is_none_is_refused(
    environment: dict[str, str],
) -> None:
    task = record(uuid4())
    await put(environment, task)
    async with catalog_api(environment) as client:
        plain = await told(client, task)
        for spelling in (str(task.task_id).upper(), task.task_id.hex, f"urn:uuid:{task.task_id}"):
            answer = await client.get(url(spelling), headers={"If-None-Match": plain.headers["ETag"]})
            assert answer.status_code == 304
        for malformed in (f"{task.task_id}%0A", "0" * 36):
            assert_problem(await client.get(url(malformed)), 422, "invalid_parameters")
        assert_problem(await client.post(url(task.task_id)), 405, "method_not_allowed")


async def test_many_polls_at_once_are_each_told_of_their_own_task(environment: dict[str, str]) -> None:
    tasks = [record(uuid4(), filename=f"{number}.csv") for number in range(150)]
    unknown = uuid4()
    await put(environment, *tasks)
    async with catalog_api(environment) as client:
        answers = await asyncio.gather(*(told(client, task) for task in tasks), client.get(url(unknown)))
    assert [answer.json().get("filename") for answer in answers[:-1]] == [task.filename for task in tasks]
    assert_problem(answers[-1], 404, "task_not_found")


async def test_polls_are_quiet_while_they_succeed(environment: dict[str, str]) -> None:
    task = record(uuid4())
    await put(environment, task)
    async with catalog_api(environment) as client:
        with capture_logs() as events:
            etag = (await told(client, task)).headers["ETag"]
            await told(client, task, If_None_Match=etag)
            await client.get(url(uuid4()))
    handled = [event for event in events if event["event"] == "request_handled"]
    assert [(event["status"], event["log_level"]) for event in handled] == [
        (200, "debug"),
        (304, "debug"),
        (404, "info"),
    ]


async def test_a_record_of_another_kind_is_no_record(environment: dict[str, str]) -> None:
    task_id = uuid4()
    async with Redis.from_url(environment["REDIS_URL"]) as redis:
        await redis.hset(f"bulk_upload_task:{task_id}", "a", "b")
        assert await TaskStore(redis).get_stored([task_id]) == [None]
    async with catalog_api(environment) as client:
        assert_problem(await client.get(url(task_id)), 404, "task_not_found")
