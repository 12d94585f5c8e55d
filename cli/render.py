"""Progress bars and tables on a terminal, and the plain lines that stand for them elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TransferSpeedColumn,
)
from rich.table import Table
from rich.text import Text as Styled

from cli.screen import Screen
from common.texts import Text

Json = dict[str, Any]

_UPLOADING = Text("Subiendo {name}", "Uploading {name}")
_IMPORTING = Text("Importando filas", "Importing rows")
_WAITING = Text("En cola, esperando a un worker", "Queued, waiting for a worker")
_ROWS_DONE = Text("{processed} de {total} filas", "{processed} of {total} rows")
_TASK = Text("Tarea {task_id}", "Task {task_id}")
_REJECTED_ROWS = Text("Filas rechazadas", "Rejected rows")
_WARNINGS = Text("Advertencias", "Warnings")
_GROUPS = Text("Qué corregir", "What to mend")
_FROM_ROW = Text("{error} (la primera es la {fila})", "{error} (the first is {fila})")
_NO_REJECTED_ROWS = Text("Ninguna fila fue rechazada", "No row was rejected")
_MORE_REJECTED_ROWS = Text("… y {more} más: {url}", "… and {more} more: {url}")
_ROW = Text("Fila", "Row")
_REASON = Text("Motivo", "Reason")
_NOT_OVER = Text("{status}: {processed} de {total} filas", "{status}: {processed} of {total} rows")
_FAILED = Text("La importación falló: {error}", "The import failed: {error}")
_CANCELLED = Text(
    "La importación fue cancelada; quedaron procesadas {processed} de {total} filas",
    "The import was cancelled; {processed} of {total} rows had been processed and stay so",
)

#: The words of the result, in the order in which they are shown; a task kind may bring others.
_SUMMARY = {
    "total": Text("Filas", "Rows"),
    "exitosos": Text("Exitosas", "Successful"),
    "rechazados": Text("Rechazadas", "Rejected"),
    "duplicados": Text("Duplicadas", "Duplicates"),
    "productos_creados": Text("Productos creados", "Products created"),
    "productos_actualizados": Text("Productos actualizados", "Products updated"),
    "superados": Text("Superadas por una carga posterior", "Overtaken by a later upload"),
}


@contextmanager
def upload_bar(screen: Screen, name: str, size: int) -> Iterator[Callable[[int], None]]:
    """A bar in bytes; call what it yields with the size of every piece sent."""
    if not screen.err.is_terminal:
        screen.say(_UPLOADING, name=name)
        yield lambda _: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=screen.err) as progress:
        bar = progress.add_task(screen.words(_UPLOADING, name=name), total=size)
        yield lambda sent: progress.advance(bar, sent)


@contextmanager
def rows_bar(screen: Screen) -> Iterator[Callable[[Json], None]]:
    """A bar in rows; call what it yields with every status that is read."""
    if not screen.err.is_terminal:
        yield _plain_rows(screen)
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=screen.err) as progress:
        bar = progress.add_task(screen.words(_WAITING), total=None)

        def update(status: Json) -> None:
            rows = status["progress"]
            waiting = status["status"] == "pending"
            words = screen.words(_WAITING if waiting else _IMPORTING)
            progress.update(bar, description=words, completed=rows["processed"], total=rows["total"] or None)

        yield update


def _plain_rows(screen: Screen) -> Callable[[Json], None]:
    """A line whenever something has changed: what a log file can hold."""
    shown: list[Json] = []

    def update(status: Json) -> None:
        rows = status["progress"]
        if rows["total"] and rows not in shown:
            shown[:] = [rows]
            screen.say(_ROWS_DONE, processed=rows["processed"], total=rows["total"])

    return update


def show_accepted(screen: Screen, accepted: Json) -> None:
    """An upload was taken: how to ask for it later."""
    screen.show(_TASK, task_id=accepted["task_id"])


def show_status(screen: Screen, status: Json, url: str) -> None:
    """Where a task stands: its result when it is over. ``url``: of the service, for the links."""
    show_warnings(screen, status.get("advertencias", []))
    rows = status["progress"]
    processed, total = rows["processed"], rows["total"] or "?"  # 0 until a worker has opened the file
    match status["status"]:
        case "completed":
            _show_result(screen, status["result"], url)
        case "failed":
            screen.show(_FAILED, style="red", error=status["error"])
        case "cancelled":
            screen.show(_CANCELLED, style="red", processed=processed, total=total)
        case unfinished:
            screen.show(_NOT_OVER, status=unfinished, processed=processed, total=total)


def show_warnings(screen: Screen, warnings: list[Json]) -> None:
    """What should be known of a file that was read all the same."""
    if warnings:
        screen.show(_WARNINGS, style="bold yellow")
        _show_list(screen, [warning["advertencia"] for warning in warnings])


def show_groups(screen: Screen, groups: list[Json]) -> None:
    """The faults of a file, each with the number of its rows."""
    if groups:
        screen.show(_GROUPS, style="bold")
        _show_list(
            screen, [screen.words(_FROM_ROW, error=g["error"], fila=g["primera_fila"]) for g in groups]
        )


def _show_list(screen: Screen, lines: list[str]) -> None:
    for line in lines:
        screen.out.print(Styled(f"  • {line}"))  # never markup: it quotes the file


def _show_result(screen: Screen, result: Json, url: str) -> None:
    screen.out.print(Styled(result["mensaje"], style="bold green"))
    table = Table(show_header=False)
    for key, value in result["resumen"].items():
        label = screen.words(_SUMMARY[key]) if key in _SUMMARY else key
        table.add_row(label, Styled(str(value), justify="right"))
    screen.out.print(table)
    _show_rejected(screen, result, url)


def _show_rejected(screen: Screen, result: Json, url: str) -> None:
    rejected = result["resumen"]["rechazados"]
    if not rejected:
        screen.show(_NO_REJECTED_ROWS)
        return
    show_groups(screen, result.get("grupos_errores", []))
    screen.show(_REJECTED_ROWS, style="bold")
    table = Table()
    table.add_column(screen.words(_ROW), justify="right")
    table.add_column(screen.words(_REASON), overflow="fold")
    for error in result["errores"]:
        table.add_row(str(error["fila"]), Styled(error["error"]))  # never markup: it quotes the file
    screen.out.print(table)
    more = rejected - len(result["errores"])
    if more > 0:
        screen.show(_MORE_REJECTED_ROWS, more=more, url=url + result["enlaces"]["errores"])
