"""``bench memory``: what a large upload costs the API, and its import the worker with all its processes."""

from typing import Any, NamedTuple

from bench.files import catalogue_rows, write_csv
from bench.processes import Peak, family, forget_peak, peak_resident, resident, watched
from bench.stack import Carga, Place, Upload, WrongOutcome, seconds_to_end, send, services
from bench.tables import MEGABYTE


class Limit(NamedTuple):
    """One thing that was measured, in bytes, and what it has to stay below."""

    name: str
    measured: int
    limit: int

    @property
    def holds(self) -> bool:
        """Whether it stayed below."""
        return self.measured < self.limit


class MemoryFigures(NamedTuple):
    """All that was seen, in bytes."""

    rows: int
    file_bytes: int
    api_idle: int
    api: Peak
    worker_idle: int
    worker: Peak

    @property
    def limits(self) -> list[Limit]:
        """The two promises. Peaks are the kernel's where they are higher than what the samples caught."""
        return [
            Limit("api_growth", self.api.at_most - self.api_idle, 64 * MEGABYTE),
            Limit("worker_and_children", self.worker.at_most, 300 * MEGABYTE),
        ]


async def measure_memory(place: Place, rows: int) -> MemoryFigures:
    """Upload a CSV of ``rows`` rows (200 bytes each) and import it, both watched.

    Raises:
        WrongOutcome: the import did something else with the rows, or a service died.
    """
    upload = Upload(place.files / "memory.csv", rows, "PROV001", replace=False)
    write_csv(upload.file, catalogue_rows(rows))
    async with services(place) as carga:
        api_idle, worker_idle = _idle(carga)
        async with watched(lambda: [carga.api.pid]) as api:
            task_id = await send(carga.client, upload)
        async with watched(lambda: family(carga.worker.pid)) as worker:
            await seconds_to_end(carga.client, task_id, upload)
    return MemoryFigures(rows, upload.file.stat().st_size, api_idle, api, worker_idle, worker)


def as_document(figures: MemoryFigures) -> dict[str, Any]:
    """Return the figures for ``--json``."""
    return {
        "file": {"rows": figures.rows, "bytes": figures.file_bytes},
        "api": {"idle_rss": figures.api_idle, **_peak(figures.api)},
        "worker": {"idle_rss": figures.worker_idle, **_peak(figures.worker)},
        "limits": [{**limit._asdict(), "holds": limit.holds} for limit in figures.limits],
    }


def _idle(carga: Carga) -> tuple[int, int]:
    """Return what API and worker hold after the warm-up, from where their peaks are counted."""
    for pid in (carga.api.pid, carga.worker.pid):
        forget_peak(pid)
    api, worker = resident(carga.api.pid), resident(carga.worker.pid)
    if api is None or worker is None or peak_resident(carga.api.pid) is None:
        raise WrongOutcome("a service has died")
    return api, worker


def _peak(peak: Peak) -> dict[str, Any]:
    return {
        "peak_rss_sampled": peak.rss,
        "peak_pss_sampled": peak.pss,
        "peaks_vmhwm": list(peak.own_peaks.values()),
        "samples": peak.samples,
    }
