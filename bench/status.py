"""``bench status``: status questions a second and core, beside a route that only returns the same JSON."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import httpx
import msgspec
import pandas as pd
from redis.asyncio import Redis

from bench.alone import Server, bare_server, cpu_seconds, run_module, stores_of_its_own, upload_api
from bench.polling import Polled, Polling
from bench.stack import Place, WrongOutcome
from common.catalog import COLUMN_NAMES
from common.tasks import FaultGroup, Progress, RowError, TaskRecord, TaskStatus, TaskStore

_STATUS = "/api/catalog/bulk-upload/status/"
_LANGUAGE = {"Accept-Language": "es"}
#: What a way is set beside: the same JSON, returned as FastAPI's documentation has it.
_BESIDE = "bare_dict"


@dataclass(frozen=True)
class StatusPlan:
    """What to measure: each way for ``seconds``, everything ``repeats`` times."""

    tasks: int
    connections: int
    seconds: float
    repeats: int


class StatusRun(NamedTuple):
    """What one way did: answers, wall seconds, seconds of CPU of the server and of Redis."""

    repeat: int
    way: str
    answer: str
    answers: int
    seconds: float
    cpu: float
    redis_cpu: float


class _Way(NamedTuple):
    way: str
    answer: str
    server: Server
    paths: list[str]
    etags: list[str]
    status: int


async def measure_status(place: Place, plan: StatusPlan) -> AsyncIterator[StatusRun]:
    """Yield each way as it is done; they take turns, so that all see the same machine.

    Raises:
        WrongOutcome: a question was answered otherwise than it should be.
    """
    redis_pid = place.stores.valkey.process.pid
    async with AsyncExitStack() as stack:
        environment = await stack.enter_async_context(stores_of_its_own(place))
        running, completed = await _put_tasks(environment["REDIS_URL"], plan.tasks)
        api = await stack.enter_async_context(upload_api(environment))
        file = place.files / "answers.json"
        answers, etags = await _ask(api, [*running, *completed])
        file.write_text(json.dumps(answers))  # nothing else goes on yet
        bare = await stack.enter_async_context(bare_server(file))
        ways = _ways(api, bare, running, completed, etags)
        for repeat in range(1, plan.repeats + 1):
            for way in ways:
                cpu, redis_cpu = cpu_seconds(way.server.pid), cpu_seconds(redis_pid)
                polled = await _poll(way, plan)
                cpu = cpu_seconds(way.server.pid) - cpu
                redis_cpu = cpu_seconds(redis_pid) - redis_cpu
                count = polled.answers[way.status]
                yield StatusRun(repeat, way.way, way.answer, count, polled.seconds, cpu, redis_cpu)


def status_medians(runs: list[StatusRun]) -> list[dict[str, Any]]:
    """Return a row for each way and answer; ``beside_bare`` is the median of the ratios within one turn."""
    table = pd.DataFrame(runs)
    table["answers_per_second"] = table["answers"] / table["seconds"]
    table["microseconds"] = table["cpu"] / table["answers"] * 1e6
    table["redis_microseconds"] = table["redis_cpu"] / table["answers"] * 1e6
    table["per_cpu_second"] = table["answers"] / table["cpu"]
    bare = table[table["way"] == _BESIDE].set_index(["repeat", "answer"])["per_cpu_second"]
    beside = table["answer"].replace("unchanged", "running")
    table["beside_bare"] = (
        table["per_cpu_second"] / bare.loc[list(zip(table["repeat"], beside, strict=True))].array
    )
    columns = ["answers_per_second", "microseconds", "redis_microseconds", "per_cpu_second", "beside_bare"]
    rows = table.groupby(["answer", "way"], sort=False)[columns].median().reset_index().to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]


def _ways(
    api: Server, bare: Server, running: Sequence[UUID], completed: Sequence[UUID], etags: dict[UUID, str]
) -> list[_Way]:
    def bare_ways(answer: str, tasks: Sequence[UUID], names: Sequence[str]) -> list[_Way]:
        return [
            _Way(f"bare_{name}", answer, bare, [f"/{name}/{task}" for task in tasks], [], 200)
            for name in names
        ]

    def asked(tasks: Sequence[UUID]) -> list[str]:
        return [f"{_STATUS}{task}" for task in tasks]

    return [
        *bare_ways("running", running, ("dict", "model", "bytes")),
        _Way("carga", "running", api, asked(running), [], 200),
        *bare_ways("completed", completed, ("dict", "bytes")),
        _Way("carga", "completed", api, asked(completed), [], 200),
        _Way("carga", "unchanged", api, asked(running), [etags[task] for task in running], 304),
    ]


async def _poll(way: _Way, plan: StatusPlan) -> Polled:
    polling = Polling(way.server.port, way.paths, way.etags, plan.connections, plan.seconds)
    polled = Polled.parse(await run_module("bench.polling", msgspec.json.encode(polling), {}))
    if set(polled.answers) != {way.status}:
        raise WrongOutcome(f"{way.way} {way.answer}: {polled.answers}")
    return polled


async def _ask(api: Server, tasks: Sequence[UUID]) -> tuple[dict[str, Any], dict[UUID, str]]:
    """Return what the API answers for every task, for the bare routes to return the same, and the tags."""
    answers, etags = {}, {}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{api.port}", trust_env=False) as client:
        for task in tasks:
            answer = await client.get(f"{_STATUS}{task}", headers=_LANGUAGE)
            answers[str(task)], etags[task] = answer.json(), answer.headers["ETag"]
    return answers, etags


async def _put_tasks(redis_url: str, count: int) -> tuple[list[UUID], list[UUID]]:
    running, completed = [_running() for _ in range(count)], [_completed() for _ in range(count)]
    async with Redis.from_url(redis_url) as redis:
        for record in (*running, *completed):
            await TaskStore(redis).put(record)
    return [record.task_id for record in running], [record.task_id for record in completed]


def _running() -> TaskRecord:
    now = datetime.now(UTC)
    return TaskRecord(
        task_id=uuid4(),
        kind="catalog",
        status=TaskStatus.PROCESSING,
        filename="productos.csv",
        proveedor_id="PROV001",
        created_at=now,
        # as fresh to the end of the benchmark as one that a worker is at
        updated_at=now + timedelta(hours=1),
        progress=Progress(300, 150, 147, 3),
        revision=7,
    )


def _completed() -> TaskRecord:
    """Return what is told of a file of 300 rows, three of them rejected."""
    record = _running()
    summary = {"total": 300, "exitosos": 297, "rechazados": 3, "duplicados": 0}
    summary |= {"productos_creados": 297, "productos_actualizados": 0, "superados": 0}
    missing = [{"code": "required_missing", "params": {"columns": ["nombre"]}}]
    return msgspec.structs.replace(
        record,
        status=TaskStatus.COMPLETED,
        updated_at=record.created_at,
        completed_at=record.created_at,
        progress=Progress(300, 300, 297, 3),
        result={"resumen": summary, "productos_creados": [f"PROD{number:06}" for number in range(100)]},
        row_errors=[RowError(fila, missing) for fila in (100, 200, 300)],
        fault_groups=[FaultGroup("required_missing", "nombre", 3, 100)],
        columns=[
            {"column": name, "header": name, "place": place, "how": "name"}
            for place, name in enumerate(COLUMN_NAMES, 1)
        ],
        facts={"encoding": "utf-8", "delimiter": ","},
        revision=30,
    )
