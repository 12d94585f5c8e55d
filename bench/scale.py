"""``bench scale``: what more slots and workers give, and what a small file waits for beside large or many.

Files are announced all at the same moment; seconds count from then, or from the 202 of the small file, to the
end of the task as the ledger has it.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import pandas as pd

from bench.crew import Crew, crew
from bench.files import catalogue_rows, write_csv
from bench.stack import Place, Upload, send

SMALL_ROWS = 300
_FILES_AT_ONCE = 4
_WORKERS, _SLOTS = (1, 2), (1, 2, 4)
#: The slots of the worker that the small file meets: as many as a worker has unless told otherwise.
_USUAL_SLOTS = 2
#: The settings of a worker with which files are taken as they come.
_AS_THEY_COME = {"TAKE_TURNS": "false", "LARGE_FILE_MB": "0"}
#: What the small file finds on its way.
IDLE, LARGE, SAME, MANY = "idle", "large", "large_of_the_same", "many"
_SMALL = "UNO"


@dataclass(frozen=True)
class ScalePlan:
    """What to measure: ``rows`` of each of the files at once, ``large_rows`` of those a small file meets,
    and how ``many`` small ones of another provider; everything ``repeats`` times."""

    rows: int
    large_rows: int
    many: int
    repeats: int


class Throughput(NamedTuple):
    """So many files at once, of as many providers."""

    repeat: int
    workers: int
    slots: int
    files: int
    rows: int
    seconds: float


class Wait(NamedTuple):
    """How long a small file took beside others. ``turns``: whether the rules of fairness were in force."""

    repeat: int
    beside: str
    turns: bool
    seconds: float


async def measure_scale(place: Place, plan: ScalePlan) -> AsyncIterator[Throughput | Wait]:
    """Yield each measurement as it is done. Each has new processes and empty stores of its own."""
    files = Files.write(place.files, plan)
    for repeat in range(1, plan.repeats + 1):
        for workers, slots, count in _throughputs():
            seconds = await files_at_once(place, files.medium, workers, slots, count)
            yield Throughput(repeat, workers, slots, count, plan.rows * count, seconds)
        for beside, turns in _waits():
            yield Wait(repeat, beside, turns, await small_file_beside(place, files, beside, turns=turns))


def scale_document(plan: ScalePlan, runs: list[Throughput | Wait]) -> dict[str, Any]:
    """Return what was measured and the medians: rows per second with their ratio to one file alone on one
    worker, and how long the small file took, with its ratio to the idle system."""
    throughputs = _medians(
        [run for run in runs if isinstance(run, Throughput)], ["workers", "slots", "files"]
    )
    throughputs["rows_per_second"] = throughputs["rows"] / throughputs["seconds"]
    alone = throughputs["rows_per_second"].xs(1, level="files").iloc[0]
    throughputs["ratio_to_one_alone"] = throughputs["rows_per_second"] / alone
    waits = _medians([run for run in runs if isinstance(run, Wait)], ["beside", "turns"])
    idle = waits["seconds"].xs(IDLE, level="beside").iloc[0]
    waits["ratio_to_idle"] = waits["seconds"] / idle
    return {
        "plan": {**asdict(plan), "small_rows": SMALL_ROWS},
        "medians": {"throughput": _records(throughputs), "waits": _records(waits)},
        "runs": [{"measured": type(run).__name__.lower(), **run._asdict()} for run in runs],
    }


@dataclass(frozen=True)
class Files:
    """Small, medium and large; and how many of the small ones to send at once."""

    small: Upload
    medium: Upload
    large: Upload
    many: int

    @classmethod
    def write(cls, directory: Path, plan: ScalePlan) -> "Files":
        def upload(name: str, rows: int) -> Upload:
            file = directory / f"{name}.csv"
            write_csv(file, catalogue_rows(rows))
            return Upload(file, rows, _SMALL, replace=False)

        small, medium = upload("small", SMALL_ROWS), upload("medium", plan.rows)
        return cls(small, medium, upload("large", plan.large_rows), plan.many)


def _throughputs() -> Iterator[tuple[int, int, int]]:
    yield 1, _USUAL_SLOTS, 1
    for workers in _WORKERS:
        for slots in _SLOTS:
            yield workers, slots, _FILES_AT_ONCE


def _waits() -> Iterator[tuple[str, bool]]:
    yield IDLE, True
    yield SAME, True
    for beside in (LARGE, MANY):
        yield beside, True
        yield beside, False


async def files_at_once(place: Place, upload: Upload, workers: int, slots: int, count: int) -> float:
    """Return how many seconds so many of them took, of as many providers, on so many workers."""
    async with crew(place, workers, slots) as made:
        messages = [made.stage(_of(upload, f"PROV{number:03}")) for number in range(count)]
        await made.settle()
        began_at = made.announce(messages)
        ended_at = await made.ended([message.task_id for message in messages], upload.rows)
        return (ended_at - began_at).total_seconds()


async def small_file_beside(place: Place, files: Files, beside: str, *, turns: bool) -> float:
    """Return how many seconds a small file took on a worker that had something else to do."""
    others = {
        IDLE: [],
        SAME: [files.large],
        # one for each slot
        LARGE: [_of(files.large, f"GRANDE{number}") for number in range(_USUAL_SLOTS)],
        MANY: [_of(files.small, "MUCHOS", replace=True)] * files.many,
    }[beside]
    # with the rules the second large one has to wait
    begun = 1 if turns and beside == LARGE else _USUAL_SLOTS
    async with crew(place, 1, _USUAL_SLOTS, **({} if turns else _AS_THEY_COME)) as made:
        await _get_under_way(made, others, begun)
        return await _seconds_of(made, files.small)


async def _get_under_way(made: Crew, others: list[Upload], at_least: int) -> None:
    messages = [made.stage(upload) for upload in others]
    await made.settle()
    made.announce(messages)
    await made.is_under_way([message.task_id for message in messages], min(at_least, len(messages)))


async def _seconds_of(made: Crew, upload: Upload) -> float:
    # a provider that has these products already, in the large file, would reject them
    task_id = await send(made.client, upload._replace(replace=True))
    accepted_at = datetime.now(UTC)
    return (await made.ended([UUID(task_id)], upload.rows) - accepted_at).total_seconds()


def _of(upload: Upload, proveedor_id: str, *, replace: bool = False) -> Upload:
    return upload._replace(proveedor_id=proveedor_id, replace=replace)


def _medians(runs: list[Any], keys: list[str]) -> pd.DataFrame:
    table = pd.DataFrame(runs)
    medians = table.groupby(keys).agg(
        seconds=("seconds", "median"), fastest=("seconds", "min"), slowest=("seconds", "max")
    )
    if "rows" in table:
        medians.insert(0, "rows", table.groupby(keys)["rows"].first())
    return medians


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {str(name): value for name, value in row.items()} for row in table.reset_index().to_dict("records")
    ]
