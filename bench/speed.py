"""``bench import``: rows per second from the 202 to the end of the task, beside the SQL-only floor and the
way others do it.

The end is seen as a client sees it, by asking for the status (:func:`bench.stack.pause_before_asking`).
"""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import NamedTuple

from bench.floor import timed_floor
from bench.import_files import PASSES, ImportFiles, Size
from bench.peers.driver import PEERS, empty_products, peer_worker, timed_peer
from bench.stack import (
    ANY_SIZE,
    Carga,
    Place,
    Upload,
    empty_database,
    seconds_from_upload,
    seconds_to_end,
    send,
    services,
    settle,
)

#: What a person uploads and waits for.
SMALL_FILE = Size("csv", 300)
_SMALL_FILES = 3


@dataclass(frozen=True)
class SpeedPlan:
    """What to measure, everything ``repeats`` times; ``updates``: a second pass in which all rows exist.

    Files of fewer rows than ``rows_a_turn`` are imported up to five times a turn: one import of them is over
    too soon for a measurement.
    """

    sizes: tuple[Size, ...]
    repeats: int
    peers: bool = False
    updates: bool = True
    rows_a_turn: int = 50_000

    @property
    def passes(self) -> tuple[str, ...]:
        """Return the passes over each table."""
        return PASSES if self.updates else PASSES[:1]

    def providers(self, size: Size) -> list[str]:
        """Return one provider, with products of its own, for each import of a turn."""
        times = min(5, max(1, self.rows_a_turn // size.rows))
        return [f"PROV{number:03}" for number in range(times)]


class Run(NamedTuple):
    """One pass of one way: the ``floor``, ``carga``, a peer, or ``small_file``: upload to completed, idle."""

    repeat: int
    way: str
    format: str
    rows: int
    writes: str
    seconds: float


async def measure_speed(place: Place, plan: SpeedPlan) -> AsyncIterator[Run]:
    """Yield each pass as it is done; the ways take turns, so that all see the same machine.

    Every turn has empty tables and new processes, which have been warmed up.
    """
    files = ImportFiles(place.files)
    _write_all(files, plan)
    for repeat in range(1, plan.repeats + 1):
        for size in plan.sizes:
            async for run in _floor(place, plan, size, files):
                yield run._replace(repeat=repeat)
            async for run in _carga(place, plan, size, files):
                yield run._replace(repeat=repeat)
        if plan.peers:
            async for run in _peers(place, plan, files):
                yield run._replace(repeat=repeat)


def peer_rows(plan: SpeedPlan, peer: str) -> int:
    """Return the rows of a peer's files: not more than Carga is given."""
    return min([PEERS[peer], *(size.rows for size in plan.sizes if size.format == "csv")])


def _write_all(files: ImportFiles, plan: SpeedPlan) -> None:
    for writes in plan.passes:
        for size in plan.sizes:
            files.floor(size.rows, writes)
            files.upload(size, writes)
        for peer in PEERS if plan.peers else ():
            files.upload(Size("csv", peer_rows(plan, peer)), writes)
    os.sync()  # nobody's turn pays for what is still to be written out


async def _floor(place: Place, plan: SpeedPlan, size: Size, files: ImportFiles) -> AsyncIterator[Run]:
    async with empty_database(place.stores) as database_url:
        for provider in plan.providers(size):
            for writes in plan.passes:
                file = files.floor(size.rows, writes)
                await settle(database_url)
                seconds = await timed_floor(database_url, file, provider)
                yield Run(0, "floor", size.format, size.rows, writes, seconds)


async def _carga(place: Place, plan: SpeedPlan, size: Size, files: ImportFiles) -> AsyncIterator[Run]:
    uploads = {writes: files.upload(size, writes) for writes in plan.passes}
    async with services(place, ANY_SIZE) as carga:
        if size == plan.sizes[0]:
            async for run in _small_files(carga, files):
                yield run
        for provider in plan.providers(size):
            for writes, file in uploads.items():
                upload = Upload(file, size.rows, provider, replace=writes == "update")
                await settle(carga.database_url)
                seconds = await seconds_to_end(carga.client, await send(carga.client, upload), upload)
                yield Run(0, "carga", size.format, size.rows, writes, seconds)


async def _small_files(carga: Carga, files: ImportFiles) -> AsyncIterator[Run]:
    file = files.upload(SMALL_FILE, "insert")
    for number in range(_SMALL_FILES):
        upload = Upload(file, SMALL_FILE.rows, f"PEQUENO{number}", replace=False)
        await settle(carga.database_url)
        seconds = await seconds_from_upload(carga.client, upload)
        yield Run(0, "small_file", *SMALL_FILE, "insert", seconds)


async def _peers(place: Place, plan: SpeedPlan, files: ImportFiles) -> AsyncIterator[Run]:
    async with peer_worker(place) as worker:
        for peer in PEERS:
            size = Size("csv", peer_rows(plan, peer))
            for writes in plan.passes:
                upload = Upload(files.upload(size, writes), size.rows, "PAR", replace=writes == "update")
                await settle(worker.database_url)
                yield Run(0, peer, *size, writes, await timed_peer(worker, peer, upload))
            await empty_products(worker.database_url)
