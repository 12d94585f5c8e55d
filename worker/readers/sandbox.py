"""The worker's end of the reading child: starts it, holds it back when rows come too fast, ends it."""

import asyncio
import os
import signal
import sys
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import cached_property, partial
from typing import BinaryIO

import msgspec
import structlog

from worker.readers.child import Order
from worker.readers.frames import (
    CheckedRow,
    Frame,
    FrameBuffer,
    FrameError,
    Opened,
    Refused,
    RejectedRow,
    Rows,
)
from worker.readers.table import FileRefused
from worker.reading import Reading

log = structlog.get_logger(__name__)

#: Frames that may wait for the worker before the child is held back.
_FRAMES_AHEAD = 2000
#: Time that a child has to end after its last word.
_LINGER_SECONDS = 5
#: Deaths by what the child is allowed: processor time, and memory (a parser in Rust aborts without it).
_LIMIT_SIGNALS = (signal.SIGXCPU, signal.SIGABRT)
#: All that the child gets of our environment, which holds secrets.
_CHILD_VARIABLES = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH")


class ReaderCrashed(Exception):
    """The child ended without a word: the file harmed the parser, or somebody killed it."""


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
    def keys(self) -> list[list[str]]:
        """The identifying values of each row without faults."""
        return [keys for frame in self.frames for keys in frame.keys]

    @cached_property
    def checked(self) -> list[CheckedRow]:
        """The rows without faults."""
        return [row for frame in self.frames for row in frame.checked]

    @cached_property
    def rejected(self) -> list[RejectedRow]:
        """The rows with faults."""
        return [row for frame in self.frames for row in frame.rejected]


class RowSource:
    """The rows of an open file. ``total`` counts all of its rows, those before the starting point
    included; ``reading`` is how the file was understood."""

    def __init__(self, opened: Opened, child: "_Child", batch_max_rows: int) -> None:
        self.total = opened.total
        self.reading = Reading(opened.columns, opened.notices, opened.facts)
        self._child = child
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
        frame: Frame | None = await self._child.next_frame()
        while isinstance(frame, Rows):
            frames.append(frame)
            rows += len(frame)
            frame = self._child.ready_rows(self._batch_max_rows - rows)
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
    frames_ahead: int = _FRAMES_AHEAD,
) -> AsyncIterator[RowSource]:
    """Read ``file`` in a child process, from behind row ``after``; the child is gone when the context ends.

    Raises:
        FileRefused: the file cannot be imported.
        ReaderCrashed: the child died before it could say anything.
    """
    order = Order(
        format, checker, after, rows_per_frame, limits.memory_bytes, limits.cpu_seconds, parent=os.getpid()
    )
    loop = asyncio.get_running_loop()
    transport, child = await loop.subprocess_exec(
        partial(_Child, frames_ahead),
        sys.executable, "-m", "worker.readers.child", msgspec.json.encode(order).decode(),
        stdin=file, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        env={name: os.environ[name] for name in _CHILD_VARIABLES if name in os.environ},
        start_new_session=True,
    )  # fmt: skip
    try:
        opened = await child.next_frame()
        if isinstance(opened, Refused):
            raise FileRefused(opened.code, **opened.params)
        if not isinstance(opened, Opened):
            raise ReaderCrashed
        yield RowSource(opened, child, batch_max_rows)
    finally:
        if transport.get_returncode() is None:
            transport.kill()
        await child.gone.wait()
        transport.close()


class _Child(asyncio.SubprocessProtocol):
    """Collects the child's frames; stops reading the pipe while too many wait, so that the child waits
    too."""

    def __init__(self, frames_ahead: int) -> None:
        self._frames_ahead = frames_ahead
        self.gone = asyncio.Event()
        self._arrived = asyncio.Event()
        self._frames: deque[Frame] = deque()
        self._buffer = FrameBuffer()
        self._ended = False
        self._paused = False
        self._pipe: asyncio.ReadTransport | None = None
        self._transport: asyncio.SubprocessTransport | None = None

    async def next_frame(self) -> Frame:
        """Wait for a frame.

        Raises:
            FileRefused: the child used up what it was allowed.
            ReaderCrashed: it died.
        """
        while not self._frames:
            if self._ended:
                raise await self._death()
            self._arrived.clear()
            await self._arrived.wait()
        return self._pop()

    def ready_rows(self, most: int) -> Rows | None:
        """Return the next frame if it is there, holds rows, and no more than ``most``."""
        frame = self._frames[0] if self._frames else None
        if isinstance(frame, Rows) and len(frame) <= most:
            self._pop()
            return frame
        return None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.SubprocessTransport)
        self._transport = transport
        pipe = transport.get_pipe_transport(1)
        assert isinstance(pipe, asyncio.ReadTransport)
        self._pipe = pipe

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        try:
            self._frames.extend(self._buffer.feed(data))
        except FrameError:
            log.warning("reader_frame_invalid")
            self._ended = True
            if self._transport:
                self._transport.kill()
        if not self._paused and len(self._frames) > self._frames_ahead and self._pipe:
            self._paused = True
            self._pipe.pause_reading()
        self._arrived.set()

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        self._ended = True
        self._arrived.set()

    def process_exited(self) -> None:
        self.gone.set()

    def _pop(self) -> Frame:
        frame = self._frames.popleft()
        if self._paused and len(self._frames) <= self._frames_ahead // 2 and self._pipe:
            self._paused = False
            self._pipe.resume_reading()
        return frame

    async def _death(self) -> Exception:
        """Return what the end of the child means, without waiting long for one that only fell silent."""
        assert self._transport is not None
        with suppress(TimeoutError):
            await asyncio.wait_for(self.gone.wait(), _LINGER_SECONDS)
        code = self._transport.get_returncode()
        log.warning("reader_died", exit_code=code)
        is_limit = code is not None and -code in _LIMIT_SIGNALS
        return FileRefused("reader_limits") if is_limit else ReaderCrashed()
