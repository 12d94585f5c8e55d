"""The reading child as a process: started or kept ready, held back when its rows come too fast, ended."""

import asyncio
import os
import signal
import socket
import sys
from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO

import msgspec
import structlog

from worker.readers.child import Order
from worker.readers.frames import Frame, FrameBuffer, FrameError, Rows
from worker.readers.table import FileRefused

log = structlog.get_logger(__name__)

#: Frames that may wait for the worker before the child is held back.
FRAMES_AHEAD = 2000
#: Time that a child has to end after its last word.
_LINGER_SECONDS = 5
#: Deaths by what the child is allowed: processor time, and memory (a parser in Rust aborts without it).
_LIMIT_SIGNALS = (signal.SIGXCPU, signal.SIGABRT)
#: All that the child gets of our environment, which holds secrets.
CHILD_VARIABLES = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH")


class ReaderCrashed(Exception):
    """The child ended without a word: the file harmed the parser, or somebody killed it."""


@dataclass(frozen=True)
class Reader:
    """A running child and what comes from it."""

    transport: asyncio.SubprocessTransport
    frames: "Frames"

    @property
    def is_running(self) -> bool:
        return self.transport.get_returncode() is None

    async def end(self) -> None:
        """Let it be gone."""
        if self.is_running:
            self.transport.kill()
        await self.frames.gone.wait()
        self.transport.close()


async def start_reader(order: Order, file: BinaryIO, frames_ahead: int = FRAMES_AHEAD) -> Reader:
    """Start a child that reads the file as ordered."""
    command = ("worker.readers.child", msgspec.json.encode(order).decode())
    return await _start(command, stdin=file, frames_ahead=frames_ahead)


async def _start(command: Sequence[str], *, stdin: Any, frames_ahead: int = FRAMES_AHEAD) -> Reader:
    transport, frames = await asyncio.get_running_loop().subprocess_exec(
        partial(Frames, frames_ahead),
        sys.executable, "-m", *command,
        stdin=stdin, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        env={name: os.environ[name] for name in CHILD_VARIABLES if name in os.environ},
        start_new_session=True,
    )  # fmt: skip
    return Reader(transport, frames)


class SpareReader:
    """A child that is kept ready: starting one takes longer than reading a small file."""

    def __init__(self, modules: Iterable[str]) -> None:
        """``modules``: what it loads in advance."""
        self._command = ("worker.readers.spare", str(os.getpid()), *modules)
        self._ready: tuple[Reader, socket.socket] | None = None
        self._starting: asyncio.Task[None] | None = None

    @property
    def is_ready(self) -> bool:
        """Whether a child has been started that nobody has taken yet."""
        return self._ready is not None

    def take(self, order: Order, file: BinaryIO) -> Reader | None:
        """Give the file to the child that is ready; None where none is."""
        if self._ready is None:
            return None
        (reader, orders), self._ready = self._ready, None
        with orders:
            try:
                socket.send_fds(orders, [msgspec.json.encode(order)], [file.fileno()])
            except OSError:
                # it has died of something
                reader.transport.close()
                return None
        return reader

    def replenish(self) -> None:
        """Have the next one ready, in a while."""
        if self._ready is None and self._starting is None:
            self._starting = asyncio.create_task(self._start())
            self._starting.add_done_callback(self._started)

    async def close(self) -> None:
        """End the one that is ready."""
        if self._starting is not None:
            await asyncio.gather(self._starting, return_exceptions=True)
        if self._ready is not None:
            (reader, orders), self._ready = self._ready, None
            orders.close()
            await reader.end()

    async def _start(self) -> None:
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its:
            self._ready = await _start(self._command, stdin=its), ours

    def _started(self, starting: asyncio.Task[None]) -> None:
        self._starting = None
        if not starting.cancelled() and starting.exception() is not None:
            log.warning("spare_reader_not_started", error=type(starting.exception()).__name__)


@asynccontextmanager
async def spare_reader(modules: Iterable[str]) -> AsyncIterator[SpareReader]:
    """Keep a child ready while the context lasts."""
    spare = SpareReader(modules)
    spare.replenish()
    try:
        yield spare
    finally:
        await spare.close()


class Frames(asyncio.SubprocessProtocol):
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
