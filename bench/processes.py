"""Memory of processes, as Linux tells it under ``/proc`` (proc(5)), in bytes."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

#: Twenty times a second.
_EVERY_SECONDS = 0.05
#: A process may end while it is looked at, or belong to somebody who lets nobody look.
_UNSEEN = (FileNotFoundError, ProcessLookupError, PermissionError)


@dataclass
class Peak:
    """The most that some processes held together while they were watched.

    ``pss`` counts a page that several share once, ``rss`` counts it for each; ``own_peaks`` is what the
    kernel kept of every single one (VmHWM), between the samples too.
    """

    rss: int = 0
    pss: int | None = None
    samples: int = 0
    own_peaks: dict[int, int] = field(default_factory=dict)

    @property
    def at_most(self) -> int:
        """What they cannot have exceeded: each at its own peak, all at the same time."""
        return max(self.rss, sum(self.own_peaks.values()))

    def note(self, pids: list[int]) -> None:
        """Look at the processes once."""
        self.samples += 1
        self.rss = max(self.rss, sum(filter(None, map(resident, pids))))
        shares = [share for share in map(proportional, pids) if share is not None]
        if shares:
            self.pss = max(self.pss or 0, sum(shares))
        self.own_peaks |= {pid: own for pid in pids if (own := peak_resident(pid)) is not None}


@asynccontextmanager
async def watched(pids: Callable[[], list[int]]) -> AsyncIterator[Peak]:
    """Look at the processes 20 times a second while the context lasts; they are listed anew each time."""
    peak = Peak()

    async def watch() -> None:
        while True:
            peak.note(pids())
            await asyncio.sleep(_EVERY_SECONDS)

    watching = asyncio.create_task(watch())
    try:
        yield peak
        peak.note(pids())
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


def family(pid: int) -> list[int]:
    """Return the process and all that descend from it."""
    return [pid, *(member for child in _children(pid) for member in family(child))]


def resident(pid: int) -> int | None:
    """Return the resident memory; None where the process is gone."""
    return _kibibytes(pid, "status", "VmRSS")


def peak_resident(pid: int) -> int | None:
    """Return the most resident memory so far, or since :func:`forget_peak`."""
    return _kibibytes(pid, "status", "VmHWM")


def proportional(pid: int) -> int | None:
    """Return the memory with shared pages divided among those who share them; None where that is secret."""
    return _kibibytes(pid, "smaps_rollup", "Pss")


def forget_peak(pid: int) -> None:
    """Let the kernel begin anew with the peak of one of our processes."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _children(pid: int) -> Iterator[int]:
    with suppress(*_UNSEEN):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            yield from map(int, (thread / "children").read_text().split())


def _kibibytes(pid: int, file: str, name: str) -> int | None:
    with suppress(*_UNSEEN):
        found = re.search(rf"^{name}:\s+(\d+) kB", Path(f"/proc/{pid}/{file}").read_text(), re.MULTILINE)
        return int(found[1]) * 1024 if found else None
    return None
