"""What shows that something moves: a bar per file on a terminal, plain lines elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from rich.filesize import decimal
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeRemainingColumn

from cli.screen import Screen
from common.texts import Text

Json = dict[str, Any]

_UPLOADING = Text("{name}: subiendo", "{name}: uploading")
_WAITING = Text("{name}: en cola, esperando a un worker", "{name}: queued, waiting for a worker")
_IMPORTING = Text("{name}: importando", "{name}: importing")
_ENDED = Text("{name}: {status}", "{name}: {status}")
_REJECTED = Text(
    "{processed}/{total} filas, {failed} rechazadas", "{processed}/{total} rows, {failed} rejected"
)
_ROWS = Text("{processed}/{total} filas", "{processed}/{total} rows")
_ROWS_DONE = Text("{name}: {processed} de {total} filas", "{name}: {processed} of {total} rows")
#: How a task stands, in words.
STATUSES = {
    "pending": Text("en cola", "queued"),
    "processing": Text("en curso", "under way"),
    "completed": Text("completada", "completed"),
    "failed": Text("fallida", "failed"),
    "cancelled": Text("cancelada", "cancelled"),
}


class FileBar(Protocol):
    """Shows one file on its way."""

    def sent(self, size: int) -> None:
        """Note that so many bytes more have been sent."""

    def shows(self, status: Json) -> None:
        """Show how far its task has come."""


class Bars(Protocol):
    """Shows the files that are under way."""

    def add(self, name: str, size: int) -> FileBar:
        """Show one file more, of so many bytes."""


@contextmanager
def bars(screen: Screen) -> Iterator[Bars]:
    """Show files while the context lasts."""
    if not screen.err.is_terminal:
        yield _Lines(screen)
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[count]}", markup=False),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=screen.err) as progress:
        yield _Drawn(screen, progress)


class _Drawn:
    def __init__(self, screen: Screen, progress: Progress) -> None:
        self._screen = screen
        self._progress = progress

    def add(self, name: str, size: int) -> FileBar:
        words = self._screen.words(_UPLOADING, name=name)
        task = self._progress.add_task(words, total=size or None, count="")
        return _DrawnFile(self._screen, self._progress, task, name, size)


class _DrawnFile:
    """Bytes first, then rows: one bar for both."""

    def __init__(self, screen: Screen, progress: Progress, bar: TaskID, name: str, size: int) -> None:
        self._screen = screen
        self._progress = progress
        self._bar = bar
        self._name = name
        self._size = size
        self._sent = 0
        self._in_rows = False

    def sent(self, size: int) -> None:
        self._sent += size
        count = f"{decimal(self._sent)}/{decimal(self._size)}" if self._size else decimal(self._sent)
        self._progress.update(self._bar, completed=self._sent, count=count)

    def shows(self, status: Json) -> None:
        rows = status["progress"]
        if not self._in_rows:
            # time left is that of the rows, not of the bytes before
            self._progress.reset(self._bar, total=rows["total"] or None)
            self._in_rows = True
        self._progress.update(
            self._bar,
            description=self._words(status),
            completed=rows["processed"],
            total=rows["total"] or None,
            count=self._count(rows),
        )
        if status["status"] not in ("pending", "processing"):
            self._progress.update(self._bar, total=rows["total"] or 1, completed=rows["total"] or 1)

    def _words(self, status: Json) -> str:
        match status["status"]:
            case "pending":
                return self._screen.words(_WAITING, name=self._name)
            case "processing":
                return self._screen.words(_IMPORTING, name=self._name)
            case over:
                words = self._screen.words(STATUSES[over]) if over in STATUSES else over
                return self._screen.words(_ENDED, name=self._name, status=words)

    def _count(self, rows: Json) -> str:
        if not rows["total"]:
            return ""
        return self._screen.words(_REJECTED if rows["failed"] else _ROWS, **rows)


class _Lines:
    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def add(self, name: str, size: int) -> FileBar:
        return _LinesOfFile(self._screen, name, size)


class _LinesOfFile:
    """A line whenever something has changed: what a log file can hold."""

    def __init__(self, screen: Screen, name: str, size: int) -> None:
        self._screen = screen
        self._name = name
        self._shown: Json = {}
        if size:
            screen.say(_UPLOADING, name=name)

    def sent(self, size: int) -> None:
        pass

    def shows(self, status: Json) -> None:
        rows = status["progress"]
        if rows["total"] and rows != self._shown:
            self._shown = rows
            self._screen.say(_ROWS_DONE, name=self._name, processed=rows["processed"], total=rows["total"])
