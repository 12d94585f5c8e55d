"""The worker's end of the reading child: the rows of a file, batch by batch."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import BinaryIO
from uuid import UUID

from msgspec.structs import replace

from worker.readers.child import Order
from worker.readers.frames import CheckedRow, Frame, Mends, Opened, Refused, RejectedRow, Rows
from worker.readers.origins import Mending
from worker.readers.reader_process import FRAMES_AHEAD, Frames, SpareReader, start_reader
from worker.readers.reader_process import ReaderCrashed as ReaderCrashed
from worker.readers.table import FileRefused
from worker.reading import Reading

#: Takes the task that a file names; None where its rows are none of that task's business.
FindMending = Callable[[UUID], Awaitable[Mending | None]]


@dataclass(frozen=True)
class ReaderLimits:
    """What the child may use up."""

    memory_bytes: int
    cpu_seconds: int


@dataclass(frozen=True)
class Batch:
    """Consecutive rows of the file, as they came."""

    frames: list[Rows]

    @property
    def last(self) -> int:
        """The number of the last row."""
        return self.frames[-1].last

    @property
    def count(self) -> int:
        """How many rows are without faults."""
        return sum(frame.count for frame in self.frames)

    @property
    def lines(self) -> Iterator[bytes]:
        """The lines of the rows without faults, some at a time, with their ends."""
        return (frame.lines for frame in self.frames)

    @property
    def ids(self) -> list[str]:
        """The first identifying value of each row without faults."""
        return [id for frame in self.frames for id in frame.ids]

    @cached_property
    def checked(self) -> list[CheckedRow]:
        """The rows without faults."""
        return [row for frame in self.frames for row in frame.checked]

    @cached_property
    def origins(self) -> dict[int, int]:
        """By its number, the row of an earlier file that a row mends, where it says so."""
        return {fila: origin for frame in self.frames for fila, origin in frame.origins}

    @cached_property
    def rejected(self) -> list[RejectedRow]:
        """The rows with faults."""
        return [row for frame in self.frames for row in frame.rejected]


class RowSource:
    """The rows of an open file. ``total`` counts all of its rows, those before the starting point
    included; ``reading`` is how the file was understood, ``mends`` the task whose rejected rows it mends."""

    def __init__(self, opened: Opened, frames: Frames, batch_max_rows: int, mends: UUID | None) -> None:
        self.total = opened.total
        self.mends = mends
        self.reading = Reading(opened.columns, opened.notices, opened.facts, opened.sample)
        self._frames = frames
        self._batch_max_rows = batch_max_rows

    async def next_batch(self) -> Batch | None:
        """Return what has piled up since the last call, at least one frame of rows; None at the end of the
        file.

        Raises:
            FileRefused: the rest of the file cannot be read.
            ReaderCrashed: the child died.
        """
        frames: list[Rows] = []
        rows = 0
        frame: Frame | None = await self._frames.next_frame()
        while isinstance(frame, Rows):
            frames.append(frame)
            rows += len(frame)
            frame = self._frames.ready_rows(self._batch_max_rows - rows)
        if isinstance(frame, Refused):
            raise FileRefused(frame.code, **frame.params)
        return Batch(frames) if frames else None


@asynccontextmanager
async def open_rows(
    file: BinaryIO,
    *,
    format: str,
    checker: str,
    after: int,
    rows_per_frame: int,
    batch_max_rows: int,
    limits: ReaderLimits,
    frames_ahead: int = FRAMES_AHEAD,
    spare: SpareReader | None = None,
    find_mending: FindMending | None = None,
) -> AsyncIterator[RowSource]:
    """Read ``file`` in a child process, from behind row ``after``; the child is gone when the context ends.

    It is the ``spare`` one if that is ready. It is held back while more than ``frames_ahead`` frames wait.
    ``find_mending`` is asked about a file that seems to mend rows of an earlier one; without it none does.

    Raises:
        FileRefused: the file cannot be imported.
        ReaderCrashed: the child died before it could say anything.
    """
    order = Order(
        format, checker, after, rows_per_frame, limits.memory_bytes, limits.cpu_seconds, parent=os.getpid(),
        asks=find_mending is not None,
    )  # fmt: skip
    reader = (spare and spare.take(order, file)) or await start_reader(order, file, frames_ahead)
    try:
        opened = await reader.frames.next_frame()
        if isinstance(opened, Mends) and find_mending:
            await reader.end()
            order = replace(order, asks=False, mending=await find_mending(opened.task_id))
            file.seek(0)
            reader = await start_reader(order, file, frames_ahead)
            opened = await reader.frames.next_frame()
        if isinstance(opened, Refused):
            raise FileRefused(opened.code, **opened.params)
        if not isinstance(opened, Opened):
            raise ReaderCrashed
        mends = order.mending.task_id if order.mending else None
        yield RowSource(opened, reader.frames, batch_max_rows, mends)
    finally:
        await reader.end()
        if spare:
            spare.replenish()
