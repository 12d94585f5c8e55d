"""``bench readers``: rows per second and peak memory of reading a file, beside the libraries that people use.

Reading alone, and (``carga_checked``) everything that the worker's child does with a file.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from bench.files import WRITERS, catalogue_rows
from bench.one_reader import WAYS
from bench.stack import WrongOutcome


class Reading(NamedTuple):
    """One file read once. ``peak_rss`` is the kernel's, of the whole process, in bytes."""

    repeat: int
    format: str
    way: str
    rows: int
    seconds: float
    peak_rss: int


async def measure_readers(directory: Path, rows: int, repeats: int) -> AsyncIterator[Reading]:
    """Yield each reading as it is done; the ways take turns, so that all see the same machine.

    Raises:
        WrongOutcome: one of them died, or counted other rows.
    """
    files = {format: directory / f"readers.{format}" for format in WAYS}
    for format, file in files.items():
        WRITERS[format](file, catalogue_rows(rows))
    for repeat in range(1, repeats + 1):
        for format, ways in WAYS.items():
            for way in ways:
                reading = Reading(repeat, format, way, **await _read(way, files[format]))
                if reading.rows != rows:
                    raise WrongOutcome(f"{way}: {reading.rows} rows of {rows}")
                yield reading


def reader_medians(readings: list[Reading]) -> list[dict[str, Any]]:
    """Return a row for each format and way: median seconds, rows per second, and the largest peak."""
    return [
        _median(format, way, [r for r in readings if (r.format, r.way) == (format, way)])
        for format, ways in WAYS.items()
        for way in ways
    ]


def _median(format: str, way: str, readings: list[Reading]) -> dict[str, Any]:
    seconds = median(reading.seconds for reading in readings)
    return {
        "format": format,
        "way": way,
        "rows": readings[0].rows,
        "seconds": seconds,
        "rows_per_second": readings[0].rows / seconds,
        "peak_rss": max(reading.peak_rss for reading in readings),
    }


async def _read(way: str, file: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.one_reader", way, str(file)]
    reader = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    output, _ = await reader.communicate()
    if reader.returncode != 0:
        raise WrongOutcome(f"{way}: exit code {reader.returncode}")
    outcome: dict[str, Any] = json.loads(output)
    return outcome
