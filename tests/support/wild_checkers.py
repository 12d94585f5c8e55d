"""Checkers for the reading child that misbehave as a hostile file could make a parser do, or watch the child.

Named in an order as ``tests.support.wild_checkers:name``; they run in the child.
"""
# ruff: noqa: ARG001, ARG005 - each has the shape of a checker, whatever it uses of it

import ctypes
import errno
import mmap
import os
import resource
import signal
import stat
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from worker.readers.table import Checker, Hints, PlainRows, Row, Verdict

Check = Callable[[Sequence[str]], Verdict]


class _Wild:
    """A checker that surveys nothing."""

    def __init__(self, check: Check) -> None:
        self.columns: list[dict[str, Any]] = []
        self.check = check

    def survey(self, row: Row) -> None: ...

    def survey_all(self, rows: PlainRows) -> None: ...

    def notices(self) -> list[dict[str, Any]]:
        return []

    def check_all(self, rows: PlainRows) -> Iterator[Verdict]:
        return map(self.check, rows.cells)


def _checker(make: Callable[[Sequence[str]], Check]) -> Callable[[Sequence[str]], Checker]:
    return lambda header: _Wild(make(header))


@_checker
def takes_all(header: Sequence[str]) -> Check:
    """Every row is sound."""
    return lambda cells: ([cells[0]], b"")


def takes_report(
    header: Sequence[str], *, aside: Collection[int] = (), hints: Hints | None = None
) -> Checker:
    """Each row comes out as what the checker was told of an earlier file."""
    return _Wild(lambda cells: ([f"{sorted(aside)} {hints}"], b""))


@_checker
def tells_its_environment(header: Sequence[str]) -> Check:
    """Each row comes out as the names of the environment variables."""
    return lambda cells: (sorted(os.environ), b"")


@_checker
def tells_its_files(header: Sequence[str]) -> Check:
    """Each row comes out as what the open descriptors lead to."""
    return lambda cells: ([str(link.resolve()) for link in Path("/proc/self/fd").iterdir()], b"")


@_checker
def tries_to_escape(header: Sequence[str]) -> Check:
    """Each row comes out as what became of a file written, a hundred opened, and what it may have of
    processes and cores."""
    outcomes = [_outcome(lambda: Path(header[0]).write_bytes(b"x")), _outcome(_open_many)]
    outcomes += [str(resource.getrlimit(limit)) for limit in (resource.RLIMIT_NPROC, resource.RLIMIT_CORE)]
    return lambda cells: (outcomes, b"")


def _outcome(action: Callable[[], object]) -> str:
    try:
        action()
    except OSError as error:
        return errno.errorcode[error.errno or 0]
    return "done"


def _open_many() -> None:
    descriptors: list[int] = []
    try:
        while len(descriptors) < 100:
            descriptors.append(os.open("/dev/null", os.O_RDONLY))
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


@_checker
def segfaults(header: Sequence[str]) -> Check:
    """A parser in C with a bug."""
    ctypes.string_at(0)
    raise AssertionError


@_checker
def counts_into_its_first_header(header: Sequence[str]) -> Check:
    """The first header is the path of a file of eight bytes, which count the rows checked."""
    # it may not write to a file; a page of one in memory is another matter
    with Path(header[0]).open("r+b") as file:
        counter = mmap.mmap(file.fileno(), 8)

    def check(cells: Sequence[str]) -> tuple[list[str], bytes]:
        counter[:] = (int.from_bytes(counter[:]) + 1).to_bytes(8)
        return [cells[0]], b""

    return check


@_checker
def dies_at_row(header: Sequence[str]) -> Check:
    """Killed from outside when it comes to a row that reads "die"."""

    def check(cells: Sequence[str]) -> tuple[list[str], bytes]:
        if cells[0] == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        return [cells[0]], b""

    return check


@_checker
def raises(header: Sequence[str]) -> Check:
    """A parser with a bug."""
    raise RuntimeError("a bug")


@_checker
def falls_into_a_loop(header: Sequence[str]) -> Check:
    """It computes and computes."""
    while True:
        pass


@_checker
def eats_memory(header: Sequence[str]) -> Check:
    """It takes memory until Python has none to give."""
    eaten = []
    while True:
        eaten.append(bytearray(16 << 20))


@_checker
def aborts(header: Sequence[str]) -> Check:
    """What Rust does when there is no memory."""
    os.abort()


@_checker
def waits(header: Sequence[str]) -> Check:
    """It neither works nor ends."""
    threading.Event().wait()
    raise AssertionError


@_checker
def prints(header: Sequence[str]) -> Check:
    """A parser that talks, from Python and from C."""
    ctypes.CDLL(None).puts(b"warning")
    os.write(1, b"\0\0\0\1\xc1")
    print("warning", flush=True)  # noqa: T201 - that is what it does
    return lambda cells: ([cells[0]], b"")


@_checker
def sends_garbage(header: Sequence[str]) -> Check:
    """It got hold of the pipe of frames."""
    os.write(_pipe_of_frames(), b"\xff" * 100)
    return lambda cells: ([cells[0]], b"")


@_checker
def sends_rows_first(header: Sequence[str]) -> Check:
    """A well-formed frame (End) where the total should be."""
    os.write(_pipe_of_frames(), b"\0\0\0\2\x91\3")
    return lambda cells: ([cells[0]], b"")


@_checker
def falls_silent(header: Sequence[str]) -> Check:
    """It closes the pipe of frames, and lives on."""
    os.close(_pipe_of_frames())
    return waits(header).check


def _pipe_of_frames() -> int:
    descriptors = (int(name.name) for name in Path("/proc/self/fd").iterdir())
    return next(fd for fd in descriptors if fd > 2 and _is_pipe(fd))


def _is_pipe(descriptor: int) -> bool:
    try:
        return stat.S_ISFIFO(os.fstat(descriptor).st_mode)
    except OSError:  # the one that listed the directory
        return False
