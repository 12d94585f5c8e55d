"""``bench memory``: what a large upload costs the API, and its import the worker with all its processes."""

from collections.abc import AsyncIterator
from statistics import median
from typing import NamedTuple

from bench.figures import Row, grouped
from bench.import_files import ImportFiles, Size
from bench.processes import family, forget_peak, peak_resident, resident, watched
from bench.stack import ANY_SIZE, Carga, Place, Upload, WrongOutcome, seconds_to_end, send, services
from bench.tables import MEGABYTE

_API_GROWTH = 64 * MEGABYTE
_WORKER = {"csv": 300 * MEGABYTE, "xlsx": 1_500 * MEGABYTE}
#: The most times the memory that the smallest CSV takes.
_WORKER_GROWTH = 1.2


class Footprint(NamedTuple):
    """One import as seen from outside, in bytes.

    ``rss`` and ``pss`` are the most of all processes together in any one sample; ``peaks`` is what they
    cannot have exceeded: each at the peak that the kernel kept of it, all at the same time.
    """

    repeat: int
    format: str
    rows: int
    file: int
    api_idle: int
    api_growth: int
    worker_idle: int
    worker_rss: int
    worker_pss: int | None
    worker_peaks: int
    processes: int


class Limit(NamedTuple):
    """One thing that was measured and what it has to stay below."""

    name: str
    format: str
    rows: int
    measured: float
    limit: float

    @property
    def holds(self) -> bool:
        """Whether it stayed below."""
        return self.measured < self.limit


async def measure_memory(place: Place, sizes: tuple[Size, ...], repeats: int) -> AsyncIterator[Footprint]:
    """Upload a file of each size and import it, both watched; the sizes take turns, each with new services.

    Raises:
        WrongOutcome: an import did something else with the rows, or a service died.
    """
    files = ImportFiles(place.files)
    for repeat in range(1, repeats + 1):
        for size in sizes:
            upload = Upload(files.upload(size, "insert"), size.rows, "PROV001", replace=False)
            async with services(place, ANY_SIZE) as carga:
                yield await _footprint(carga, upload, repeat, size)


def memory_medians(footprints: list[Footprint]) -> list[Row]:
    """Return a row for each size, with the medians of everything."""
    return [
        {"format": format, "rows": rows}
        | {name: _median([getattr(each, name) for each in group]) for name in Footprint._fields[3:]}
        for (format, rows), group in grouped(footprints, by=("format", "rows")).items()
    ]


def memory_limits(rows: list[Row]) -> list[Limit]:
    """Return the promises: for every size, and for the largest CSV beside the smallest; by kernel peaks."""
    limits = []
    for row in rows:
        size = (row["format"], row["rows"])
        limits.append(Limit("api_growth", *size, row["api_growth"], _API_GROWTH))
        limits.append(Limit("worker", *size, row["worker_peaks"], _WORKER[row["format"]]))
    csv = sorted((row for row in rows if row["format"] == "csv"), key=lambda row: int(row["rows"]))
    if len(csv) > 1:
        growth = csv[-1]["worker_peaks"] / csv[0]["worker_peaks"]
        limits.append(Limit("worker_growth", "csv", csv[-1]["rows"], growth, _WORKER_GROWTH))
    return limits


async def _footprint(carga: Carga, upload: Upload, repeat: int, size: Size) -> Footprint:
    api_idle, worker_idle = _idle(carga)
    async with watched(lambda: [carga.api.pid]) as api:
        task_id = await send(carga.client, upload)
    async with watched(lambda: family(carga.worker.pid)) as worker:
        await seconds_to_end(carga.client, task_id, upload)
    return Footprint(
        repeat,
        *size,
        file=upload.file.stat().st_size,
        api_idle=api_idle,
        api_growth=api.at_most - api_idle,
        worker_idle=worker_idle,
        worker_rss=worker.rss,
        worker_pss=worker.pss,
        worker_peaks=worker.at_most,
        processes=len(worker.own_peaks),
    )


def _idle(carga: Carga) -> tuple[int, int]:
    """Return what API and worker hold after the warm-up, from where their peaks are counted."""
    for pid in (carga.api.pid, carga.worker.pid):
        forget_peak(pid)
    api, worker = resident(carga.api.pid), resident(carga.worker.pid)
    if api is None or worker is None or peak_resident(carga.api.pid) is None:
        raise WrongOutcome("a service has died")
    return api, worker


def _median(figures: list[int | None]) -> float | None:
    known = [figure for figure in figures if figure is not None]
    return median(known) if known else None
