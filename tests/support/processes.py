"""Looking at processes that a test has to do with."""

from pathlib import Path

import psutil


def reader_children(parent: int | None = None) -> list[int]:
    """The reading children of a process that have a file; of our own when none is given."""
    return [child.pid for child in psutil.Process(parent).children() if _is_reader(child)]


async def is_gone(pid: int) -> bool:
    """Whether the process has ended, be it that nobody has taken note of it."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _is_reader(process: psutil.Process) -> bool:
    try:
        command = process.cmdline()
        if "worker.readers.spare" in command:
            # until it has been given a file, a spare one has a socket there
            return not Path(f"/proc/{process.pid}/fd/0").readlink().name.startswith("socket:")
        return "worker.readers.child" in command
    except (psutil.Error, FileNotFoundError):  # it ended while we looked
        return False
