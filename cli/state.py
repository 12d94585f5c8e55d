"""What one running stack leaves on disk for the other commands: a lock, its addresses, its process ids."""

import fcntl
import json
import os
import shlex
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".carga"

#: Somebody may hold the lock for a moment only to see whether it is held.
_LOCK_PATIENCE_SECONDS = 1.0


class Owner(NamedTuple):
    """The process that runs the stack, and whether all of it answers."""

    pid: int
    ready: bool


class AlreadyRunning(Exception):
    """Another process runs a stack in this directory."""


class State:
    """A directory for one stack at a time: ``.carga`` for ``up``, ``.carga/demo`` for ``demo``."""

    def __init__(self, directory: Path = HOME) -> None:
        self.directory = directory
        self.stores = directory / "stores"
        self.logs = directory / "logs"
        self.log = directory / "up.log"
        self._lock = directory / "up.lock"
        self.env = directory / "env"
        self._pids = directory / "pids"

    @contextmanager
    def ownership(self) -> Iterator[None]:
        """Be the one process that runs a stack here; the kernel ends that with the process.

        Raises :class:`AlreadyRunning`.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        with self._lock.open("a+") as lock:
            _lock_patiently(lock.fileno())
            self._forget()
            self._write_owner(ready=False)
            try:
                yield
            finally:
                self._forget()
                self._lock.write_text("")

    def owner(self) -> Owner | None:
        """Who runs a stack here, if anybody does."""
        try:
            with self._lock.open("r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            return None
        except BlockingIOError:
            return self._read_owner()
        return None

    def announce(self, environment: Mapping[str, str]) -> None:
        """All of the stack answers: say where, as shell lines in ``env``."""
        lines = [f"{name}={shlex.quote(value)}\n" for name, value in environment.items()]
        _write_atomically(self.env, "".join(lines))
        self._write_owner(ready=True)

    def environment(self) -> dict[str, str]:
        """What the running stack announced; empty when none runs."""
        try:
            lines = self.env.read_text().splitlines()
        except OSError:
            return {}
        pairs = (line.partition("=") for line in lines)
        return {name: "".join(shlex.split(value)) for name, _, value in pairs}

    def record_pid(self, name: str, pid: int) -> None:
        """Note the process of a part of the stack in ``pids/<name>.pid``."""
        self._pids.mkdir(parents=True, exist_ok=True)
        _write_atomically(self._pids / f"{name}.pid", f"{pid}\n")

    def _forget(self) -> None:
        self.env.unlink(missing_ok=True)
        shutil.rmtree(self._pids, ignore_errors=True)

    def _write_owner(self, *, ready: bool) -> None:
        # in place: a new file would not be the one that is locked
        self._lock.write_text(json.dumps({"pid": os.getpid(), "ready": ready}))

    def _read_owner(self) -> Owner | None:
        try:
            return Owner(**json.loads(self._lock.read_text()))
        except ValueError:  # it has just taken the lock, or is just giving it back
            return Owner(0, ready=False)


def _lock_patiently(descriptor: int) -> None:
    give_up = time.monotonic() + _LOCK_PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > give_up:
                raise AlreadyRunning from None
            time.sleep(0.05)
        else:
            return


def _write_atomically(file: Path, text: str) -> None:
    unfinished = file.with_name(f"{file.name}.new")
    unfinished.write_text(text)
    unfinished.replace(file)
