"""``bench events``: many who listen to one import through the BFF, some of whom are cut off and come back."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple
from uuid import UUID

import msgspec

from bench.alone import Server, bff_server, cpu_seconds
from bench.crew import Crew
from bench.files import catalogue_rows, write_csv
from bench.listening import READY, Listened, Listening
from bench.processes import resident
from bench.stack import Carga, Place, Upload, WrongOutcome, services
from cli.service import service_environment
from cli.state import ROOT

#: So few rows at a time that the import is a story and not a moment.
_STEPS = {"BATCH_MAX_ROWS": "10"}
_EVENTS = "/api/catalog/bulk-upload/status/{task_id}/events"


@dataclass(frozen=True)
class EventsPlan:
    """What to measure: ``listeners`` to the import of ``rows``, of whom each ``cut_every``-th is cut off
    again and again; ``rounds`` times with the same services, to whom the first is new."""

    listeners: int
    cut_every: int
    rows: int
    rounds: int


class EventsRun(NamedTuple):
    """One import. Bytes of memory of API and BFF before it, with all who listen, and behind it; seconds from
    the end of the import to the moment in which the one in the middle, and the last, was told."""

    round: int
    listeners: int
    events: int
    cuts: int
    resumed: int
    told_median: float
    told_last: float
    api_cpu: float
    bff_cpu: float
    api_before: int
    api_with: int
    api_after: int
    bff_before: int
    bff_with: int
    bff_after: int


async def measure_events(place: Place, plan: EventsPlan) -> AsyncIterator[EventsRun]:
    """Yield each round as it is done.

    Raises:
        WrongOutcome: somebody was told a story that went back or had a gap, or never its end.
    """
    file = place.files / "story.csv"
    write_csv(file, catalogue_rows(plan.rows))
    async with services(place, _STEPS) as carga, bff_server(carga.url) as bff:
        crew = Crew(carga.client, carga.stores)
        for number in range(1, plan.rounds + 1):
            upload = Upload(file, plan.rows, f"OYENTES{number}", replace=False)
            yield await _round(number, plan, crew, upload, carga, bff)


async def _round(
    number: int, plan: EventsPlan, crew: Crew, upload: Upload, carga: Carga, bff: Server
) -> EventsRun:
    message = crew.stage(upload)
    plan_of_all = Listening(bff.port, _EVENTS.format(task_id=message.task_id), plan.listeners, plan.cut_every)
    pids = carga.api.pid, bff.pid
    before, cpu = _resident(*pids), [cpu_seconds(pid) for pid in pids]
    async with _listening(plan_of_all) as process:
        with_all = _resident(*pids)
        crew.announce([message])
        ended_at = await crew.ended([message.task_id], plan.rows)
        listened = Listened.parse(await process.stdout.read())  # type: ignore[union-attr]  # it is a pipe
    api_cpu, bff_cpu = (cpu_seconds(pid) - earlier for pid, earlier in zip(pids, cpu, strict=True))
    after = _resident(*pids)
    check_story(listened, plan.listeners, message.task_id)
    late = [told - ended_at.timestamp() for told in listened.ends]
    return EventsRun(
        round=number,
        listeners=plan.listeners,
        events=listened.events,
        cuts=listened.cuts,
        resumed=listened.resumed,
        told_median=median(late),
        told_last=max(late),
        api_cpu=api_cpu,
        bff_cpu=bff_cpu,
        **dict(zip(("api_before", "bff_before"), before, strict=True)),
        **dict(zip(("api_with", "bff_with"), with_all, strict=True)),
        **dict(zip(("api_after", "bff_after"), after, strict=True)),
    )


def check_story(listened: Listened, listeners: int, task_id: UUID) -> None:
    """Hold what they were told against what they should have been.

    Raises:
        WrongOutcome: the story of one of them went back, had a gap, no end, or another one than the others'.
    """
    faults = list(listened.faults)
    if len(listened.ends) != listeners:
        faults.append(f"{len(listened.ends)} of {listeners} were told the end")
    if len(set(listened.revisions)) != 1:
        faults.append(f"they ended with the revisions {sorted(set(listened.revisions))}")
    if faults:
        raise WrongOutcome(f"{task_id}: {'; '.join(faults[:5])}")


def _resident(*pids: int) -> list[int]:
    found = [resident(pid) for pid in pids]
    if None in found:
        raise WrongOutcome("a service has died")
    return [size for size in found if size is not None]


@asynccontextmanager
async def _listening(plan: Listening) -> AsyncIterator[asyncio.subprocess.Process]:
    """Start the listeners, and hand over once all of them have been told something.

    Raises:
        WrongOutcome: they were not.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "bench.listening"),
        env=service_environment({}, {}),
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(msgspec.json.encode(plan) + b"\n")
        process.stdin.close()
        if await process.stdout.readline() != READY:
            raise WrongOutcome("not everybody could listen")
        yield process
        await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
