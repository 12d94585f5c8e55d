"""``bench import``: rows per second from the 202 to the end of the task, beside the SQL-only floor."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from bench.figures import Row, add_ratios, find, medians
from bench.files import WRITERS, catalogue_rows, faulty_rows, write_csv
from bench.floor import timed_floor
from bench.stack import Place, Upload, empty_database, seconds_to_end, send, services, settle

#: The passes over one table: all rows are new, then all rows exist.
PASSES = ("insert", "update")


@dataclass(frozen=True)
class SpeedPlan:
    """What to measure: files of ``rows`` rows, everything ``repeats`` times."""

    rows: int
    repeats: int
    format: str


class Run(NamedTuple):
    """One pass: the ``floor`` or an ``import``, ``insert`` or ``update``."""

    repeat: int
    way: str
    writes: str
    rows: int
    seconds: float


class _Files(NamedTuple):
    """One file a pass: the floor reads CSV, and no faulty rows."""

    floor: list[Path]
    upload: list[Path]


async def measure_speed(place: Place, plan: SpeedPlan) -> AsyncIterator[Run]:
    """Yield each pass as it is done; floor and import take turns, so that both see the same machine.

    Every repetition has empty tables and new processes.
    """
    files = _write_files(place.files, plan)
    for repeat in range(1, plan.repeats + 1):
        async for run in _floor(place, plan, files, repeat):
            yield run
        async for run in _import(place, plan, files, repeat):
            yield run


def speed_medians(runs: list[Run]) -> list[Row]:
    """Return a row for each way and pass: seconds, rows per second by the median, ratio to the floor."""
    rows = medians(runs, by=("writes", "way", "rows"))
    for row in rows:
        row["rows_per_second"] = row["rows"] / row["seconds"]
    add_ratios(
        rows, "ratio_to_floor", "rows_per_second", lambda row: find(rows, writes=row["writes"], way="floor")
    )
    return rows


def describe_file(place: Place, plan: SpeedPlan) -> dict[str, Any]:
    """Return what was imported."""
    file = _upload_file(place.files, plan, 0)
    return {
        "format": plan.format,
        "rows": plan.rows,
        "faulty_rows": faulty_rows(plan.rows),
        "bytes": file.stat().st_size,
    }


def _write_files(directory: Path, plan: SpeedPlan) -> _Files:
    files = _Files([], [])
    for revision, writes in enumerate(PASSES):
        files.floor.append(directory / f"floor-{writes}.csv")
        write_csv(files.floor[-1], catalogue_rows(plan.rows, revision=revision, with_faults=False))
        files.upload.append(_upload_file(directory, plan, revision))
        WRITERS[plan.format](files.upload[-1], catalogue_rows(plan.rows, revision=revision))
    return files


def _upload_file(directory: Path, plan: SpeedPlan, revision: int) -> Path:
    return directory / f"upload-{PASSES[revision]}.{plan.format}"


async def _floor(place: Place, plan: SpeedPlan, files: _Files, repeat: int) -> AsyncIterator[Run]:
    async with empty_database(place.stores) as database_url:
        for writes, file in zip(PASSES, files.floor, strict=True):
            await settle(database_url)
            yield Run(repeat, "floor", writes, plan.rows, await timed_floor(database_url, file))


async def _import(place: Place, plan: SpeedPlan, files: _Files, repeat: int) -> AsyncIterator[Run]:
    async with services(place) as carga:
        for writes, file in zip(PASSES, files.upload, strict=True):
            upload = Upload(file, plan.rows, f"PROV{repeat:03}", replace=writes == "update")
            await settle(carga.database_url)
            task_id = await send(carga.client, upload)
            seconds = await seconds_to_end(carga.client, task_id, upload)
            yield Run(repeat, "import", writes, plan.rows, seconds)
