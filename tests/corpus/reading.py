"""Reading one file of the corpus as the worker does, in the limited child, and what that came to."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from common.catalog import COLUMN_NAMES
from worker.readers.sandbox import ReaderLimits, RowSource, open_rows
from worker.readers.table import FileRefused

#: The promise: right answers in less than 2 GB.
LIMITS = ReaderLimits(memory_bytes=2_000_000_000, cpu_seconds=30)
_CHECKER = "worker.processors.catalog.rows:make_checker"

#: As in ``expected.toml``: ``refused``, or ``loads``, ``faults`` by row and ``notices``.
Outcome = dict[str, Any]
#: By row number: the values that would go into the table, by column.
Values = dict[int, Mapping[str, str]]


async def outcome_of(path: Path) -> tuple[Outcome, Values]:
    """Read a file to its end and return what became of it."""
    try:
        with path.open("rb") as file:
            async with open_rows(
                file,
                format=path.suffix[1:],
                checker=_CHECKER,
                after=0,
                rows_per_frame=10,
                batch_max_rows=5000,
                limits=LIMITS,
            ) as source:
                return await _read(source)
    except FileRefused as refusal:
        return {"refused": refusal.code}, {}


async def _read(source: RowSource) -> tuple[Outcome, Values]:
    values: Values = {}
    faults: dict[str, str] = {}
    while batch := await source.next_batch():
        for row in batch.checked:
            values[row.fila] = dict(zip(COLUMN_NAMES, row.line.decode().split("\t"), strict=True))
        for rejected in batch.rejected:
            faults[str(rejected.fila)] = " ".join(fault["code"] for fault in rejected.faults)
    assert source.total == len(values) + len(faults)
    outcome: Outcome = {"loads": len(values)}
    if faults:
        outcome["faults"] = faults
    notices = source.reading.notices
    if notices:
        outcome["notices"] = sorted({notice["code"] for notice in notices})
    return outcome, values
