"""The worker's end of the process that makes an error file."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import BinaryIO

import structlog

from worker.error_file.child import REFUSED
from worker.readers.reader_process import CHILD_VARIABLES, ReaderCrashed
from worker.readers.table import FileRefused

log = structlog.get_logger(__name__)

_PIECE_BYTES = 1024 * 1024


async def error_file_of(file: BinaryIO, rows: BinaryIO, stall_seconds: float) -> AsyncGenerator[bytes, None]:
    """Yield the error file of ``file``, a piece at a time; ``rows`` holds the order and the rows.

    Raises:
        FileRefused: the original cannot be read.
        ReaderCrashed: it harmed the process, or that fell silent for longer than ``stall_seconds``.
    """
    rows.seek(0)
    async with _child(file, rows) as child:
        assert child.stdout is not None
        try:
            while piece := await asyncio.wait_for(child.stdout.read(_PIECE_BYTES), stall_seconds):
                yield piece
            code = await asyncio.wait_for(child.wait(), stall_seconds)
        except TimeoutError as error:
            log.warning("error_file_stalled")
            raise ReaderCrashed from error
    if code == REFUSED:
        raise FileRefused("file_unreadable")
    if code != 0:
        log.warning("error_file_process_died", exit_code=code)
        raise ReaderCrashed


@asynccontextmanager
async def _child(file: BinaryIO, rows: BinaryIO) -> AsyncIterator[asyncio.subprocess.Process]:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "worker.error_file.child", str(os.getpid()), str(rows.fileno()),
        stdin=file, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        pass_fds=[rows.fileno()], limit=_PIECE_BYTES,
        env={name: os.environ[name] for name in CHILD_VARIABLES if name in os.environ},
        start_new_session=True,
    )  # fmt: skip
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
