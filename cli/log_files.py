"""``.carga/logs``: what each service writes, in a file of its own."""

import contextlib
from pathlib import Path
from typing import IO, Self

from infra.embedded.logs import open_log


class LogFiles:
    """The log files below one directory; a context manager that closes them."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._files: dict[str, IO[bytes]] = {}

    def __enter__(self) -> Self:
        self._directory.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files.values():
            file.close()

    def write(self, name: str, line: str) -> None:
        """Add a line to the log of a service. A full disk does not stop the service that is being logged."""
        with contextlib.suppress(OSError):
            if name not in self._files:
                self._files[name] = open_log(self._directory / f"{name}.log")
            self._files[name].write(f"{line}\n".encode())
            self._files[name].flush()
