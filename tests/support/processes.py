"""Looking at processes that a test has to do with."""

import psutil


def reader_children(parent: int | None = None) -> list[int]:
    """The reading children of a process; of our own when none is given."""
    return [child.pid for child in psutil.Process(parent).children() if _is_reader(child)]


def _is_reader(process: psutil.Process) -> bool:
    try:
        return "worker.readers.child" in process.cmdline()
    except psutil.Error:  # it ended while we looked
        return False
