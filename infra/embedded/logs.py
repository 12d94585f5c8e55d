"""Log files of child processes: they live on over restarts, and do not grow for ever."""

from pathlib import Path
from typing import IO

_BYTES_KEPT = 5_000_000


def open_log(file: Path) -> IO[bytes]:
    """Open a log for appending; one that has become large is set aside as ``….1`` first."""
    if file.exists() and file.stat().st_size > _BYTES_KEPT:
        file.replace(file.with_name(f"{file.name}.1"))
    return file.open("ab")
