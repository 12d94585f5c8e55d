"""The results that a person reads: tables and sentences."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.table import Table
from rich.text import Text as Styled

from cli.bars import STATUSES
from cli.screen import Screen
from cli.uploads import Sent
from common.texts import Text

Json = dict[str, Any]

_TASK = Text("Tarea {task_id}", "Task {task_id}")
_REJECTED_ROWS = Text("Filas rechazadas", "Rejected rows")
_WARNINGS = Text("Advertencias", "Warnings")
_GROUPS = Text("Qué corregir", "What to mend")
_FROM_ROW = Text("{error} (la primera es la {fila})", "{error} (the first is {fila})")
_NO_REJECTED_ROWS = Text("Ninguna fila fue rechazada", "No row was rejected")
_MEND = Text(
    "Para corregirlas: ./carga errors {task_id} --guardar corregir.xlsx; corrija ese archivo y súbalo",
    "To mend them: ./carga errors {task_id} --guardar mend.xlsx; mend that file and upload it",
)
_MEND_AND_SEND = Text(
    "Fue un ensayo, no entró nada: corrija su archivo y súbalo completo, o súbalo ya y corrija después",
    "It was a dry run, nothing came in: mend your file and upload all of it, or upload it now and mend later",
)
_OPEN_ROWS = Text(
    "De las rechazadas quedan {abiertas} por corregir; {resueltas} entraron en otra carga",
    "Of those rejected {abiertas} are still to be mended; {resueltas} came in with another upload",
)
_FILE = Text("Archivo", "File")
_OUTCOME = Text("Resultado", "Outcome")
_TASK_ID = Text("Tarea", "Task")
_WHEN = Text("Recibido", "Received")
_PROVIDER = Text("Proveedor", "Provider")
_REFUSED = Text("rechazado: {reason}", "refused: {reason}")
_TRIAL = Text("{status} (ensayo)", "{status} (dry run)")
_ROWS_AND_REJECTED = Text("{total} filas, {failed} rechazadas", "{total} rows, {failed} rejected")
_NO_TASKS = Text("Ninguna carga coincide", "No upload matches")
_MORE_TASKS = Text("Hay más: use --limite", "There are more: use --limite")
_MORE_REJECTED_ROWS = Text("… y {more} más: {url}", "… and {more} more: {url}")
_ROW = Text("Fila", "Row")
_REASON = Text("Motivo", "Reason")
_NOT_OVER = Text("{status}: {processed} de {total} filas", "{status}: {processed} of {total} rows")
_FAILED = Text("La importación falló: {error}", "The import failed: {error}")
_CANCELLED = Text(
    "La importación fue cancelada; quedaron procesadas {processed} de {total} filas",
    "The import was cancelled; {processed} of {total} rows had been processed and stay so",
)

#: A task's id on one line, to be copied.
_TASK_ID_WIDTH = 36

#: The words of the result, in the order in which they are shown; a task kind may bring others.
_SUMMARY = {
    "total": Text("Filas", "Rows"),
    "exitosos": Text("Exitosas", "Successful"),
    "rechazados": Text("Rechazadas", "Rejected"),
    "duplicados": Text("Duplicadas", "Duplicates"),
    "productos_creados": Text("Productos creados", "Products created"),
    "productos_actualizados": Text("Productos actualizados", "Products updated"),
    "sin_cambios": Text("Sin cambios", "Unchanged"),
    "superados": Text("Superadas por una carga posterior", "Overtaken by a later upload"),
}


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
            _show_result(screen, status, url)
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


def _show_result(screen: Screen, status: Json, url: str) -> None:
    result = status["result"]
    screen.out.print(Styled(result["mensaje"], style="bold green"))
    table = Table(show_header=False)
    for key, value in result["resumen"].items():
        label = screen.words(_SUMMARY[key]) if key in _SUMMARY else key
        table.add_row(label, Styled(str(value), justify="right"))
    screen.out.print(table)
    _show_rejected(screen, status, url)


def _show_rejected(screen: Screen, status: Json, url: str) -> None:
    result = status["result"]
    rejected = result["resumen"]["rechazados"]
    if not rejected:
        screen.show(_NO_REJECTED_ROWS)
        return
    show_groups(screen, result.get("grupos_errores", []))
    screen.show(_REJECTED_ROWS, style="bold")
    show_errors(screen, result["errores"])
    more = rejected - len(result["errores"])
    if more > 0:
        screen.show(_MORE_REJECTED_ROWS, more=more, url=url + result["enlaces"]["errores"])
    corrections = status.get("correcciones")
    if corrections:
        screen.show(_OPEN_ROWS, **corrections)
    if result.get("validacion"):
        screen.say(_MEND_AND_SEND)
    elif not corrections or corrections["abiertas"]:
        screen.say(_MEND, task_id=status["task_id"])


def show_errors(screen: Screen, errors: Sequence[Json]) -> None:
    """Rejected rows, and why."""
    table = Table()
    table.add_column(screen.words(_ROW), justify="right")
    table.add_column(screen.words(_REASON), overflow="fold")
    for error in errors:
        table.add_row(str(error["fila"]), Styled(error["error"]))  # never markup: it quotes the file
    screen.out.print(table)


def show_uploads(screen: Screen, uploads: Sequence[Sent]) -> None:
    """What became of each of several files."""
    table = Table()
    table.add_column(_above(screen, _FILE, _TASK_ID), width=_TASK_ID_WIDTH, overflow="fold")
    table.add_column(screen.words(_OUTCOME), overflow="fold")
    for sent in uploads:
        table.add_row(*_upload_cells(screen, sent))
    screen.out.print(table)


def show_tasks(screen: Screen, page: Json) -> None:
    """Tasks as a list, newest first."""
    if not page["tasks"]:
        screen.show(_NO_TASKS)
        return
    table = Table()
    table.add_column(_above(screen, _WHEN, _PROVIDER), overflow="fold")
    table.add_column(_above(screen, _FILE, _TASK_ID), width=_TASK_ID_WIDTH, overflow="fold")
    table.add_column(screen.words(_OUTCOME), overflow="fold")
    for task in page["tasks"]:
        when = datetime.fromisoformat(task["created_at"]).astimezone().strftime("%Y-%m-%d %H:%M")
        table.add_row(
            Styled(f"{when}\n{task['proveedor_id']}"),
            Styled(f"{task['filename']}\n{task['task_id']}"),
            _outcome(screen, task),
        )
    screen.out.print(table)
    if page["next"]:
        screen.say(_MORE_TASKS)


def _above(screen: Screen, *words: Text) -> str:
    return "\n".join(map(screen.words, words))


def _upload_cells(screen: Screen, sent: Sent) -> tuple[Styled, Styled]:
    if sent.answer is None:
        assert sent.error is not None
        reason = screen.words(sent.error.text, **sent.error.params)
        return Styled(sent.source.name), Styled(screen.words(_REFUSED, reason=reason), style="red")
    return Styled(f"{sent.source.name}\n{sent.answer['task_id']}"), _outcome(screen, sent.answer)


def _outcome(screen: Screen, task: Json) -> Styled:
    """Return how a task stands, and how many rows it is about where that is known."""
    rows = task.get("progress", {})
    lines = [_standing(screen, task)]
    if rows.get("total"):
        lines.append(screen.words(_ROWS_AND_REJECTED, **rows))
    return Styled("\n".join(lines))


def _standing(screen: Screen, task: Json) -> str:
    words = screen.words(STATUSES[task["status"]])
    if task.get("error"):
        return f"{words}: {task['error']}"
    return screen.words(_TRIAL, status=words) if task.get("opciones", {}).get("validar") else words
