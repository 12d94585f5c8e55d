"""``./carga dlq`` and ``./carga reconcile``: the worker's operations run beside it, their answers shown."""

import json
import os
import subprocess
import sys
from typing import Any
from uuid import UUID

from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text as Styled

from cli.errors import CommandError
from cli.exit_codes import ExitCode
from cli.screen import Screen
from cli.service import service_environment
from cli.state import ROOT, State
from common.texts import Text

Json = dict[str, Any]

_UNREACHABLE = Text(
    "No se llega a {store}. Inicie los servicios con «./carga up», o indique otros con DATABASE_URL y las "
    "demás variables",
    "{store} cannot be reached. Start the services with “./carga up”, or name others with DATABASE_URL and "
    "the other variables",
)
_NOTHING_RUNS = Text(
    "Aquí no hay nada en marcha. Inicie los servicios con «./carga up», o indique otros con DATABASE_URL y "
    "las demás variables",
    "Nothing runs here. Start the services with “./carga up”, or name others with DATABASE_URL and the other "
    "variables",
)
_BUSY = Text(
    "Otro worker está reconciliando; inténtelo de nuevo en un momento",
    "Another worker is reconciling; try again in a moment",
)
_BROKEN = Text(
    "La operación terminó de forma inesperada; mire los mensajes anteriores",
    "The operation ended unexpectedly; see the messages above",
)
#: What the worker's operations say when they cannot be done, in words.
_STORES = {
    "database_unavailable": "PostgreSQL",
    "storage_unavailable": "S3",
    "queue_unavailable": "SQS",
    "aws_unavailable": "AWS",
}

_NO_LETTERS = Text("No hay mensajes abandonados", "No message has been given up on")
_NOT_RECORDED = Text(
    "{count} más en la cola de mensajes fallidos, que ningún worker ha registrado aún",
    "{count} more in the dead-letter queue that no worker has recorded yet",
)
_NO_UPLOAD = Text("no es una carga", "not an upload")
_TASK = Text("Tarea", "Task")
_LETTER_COLUMNS = (
    Text("Proveedor", "Provider"),
    Text("Abandonado (UTC)", "Given up (UTC)"),
    Text("Estado", "Status"),
)
_SENT = Text("Reintentadas: {count}", "Tried again: {count}")
_PASSED_OVER = Text(
    "Sin reintentar, porque su tarea terminó de otro modo: {count}",
    "Not tried again, for their task ended in another way: {count}",
)
_NOTHING_WAITS = Text("No hay nada que reintentar", "There is nothing to try again")

_DRY_RUN = Text("Ensayo: no se cambió nada", "Dry run: nothing was changed")
_ALL_WELL = Text("Todo estaba en orden", "All was in order")
_FINDINGS = {
    "uploads_announced": Text("Cargas anunciadas de nuevo", "Uploads announced again"),
    "tasks_announced": Text("Tareas abandonadas, anunciadas de nuevo", "Tasks left behind, announced again"),
    "parts_removed": Text("Subidas incompletas eliminadas", "Unfinished uploads removed"),
    "reports_removed": Text(
        "Archivos de errores eliminados; se hacen de nuevo", "Error files removed; they are made again"
    ),
    "tasks_expired": Text("Tareas antiguas eliminadas", "Old tasks removed"),
    "letters_expired": Text("Mensajes abandonados antiguos eliminados", "Old dead letters removed"),
}


def list_letters(screen: Screen, state: State, *, as_json: bool) -> ExitCode:
    """Show the messages that the queue gave up on."""
    answer = _perform(state, "dlq-list")
    if as_json:
        screen.json(answer)
        return ExitCode.OK
    if not answer["dead_letters"]:
        screen.show(_NO_LETTERS)
    else:
        # what has to be copied in one piece, on a terminal of 80 columns
        table = Table(box=SIMPLE)
        table.add_column(screen.words(_TASK), no_wrap=True)
        for column in _LETTER_COLUMNS:
            table.add_column(screen.words(column), overflow="fold")
        for letter in answer["dead_letters"]:
            table.add_row(*map(Styled, _letter_cells(screen, letter)))
        screen.out.print(table)
    if answer["not_recorded_yet"]:
        screen.show(_NOT_RECORDED, count=answer["not_recorded_yet"])
    return ExitCode.OK


def redrive(screen: Screen, state: State, task: UUID | None, *, as_json: bool) -> ExitCode:
    """Try again what was given up: of one task, or of all."""
    answer = _perform(state, "dlq-redrive", *(("--task", str(task)) if task else ()))
    if as_json:
        screen.json(answer)
        return ExitCode.OK
    if not answer["sent"] and not answer["passed_over"]:
        screen.show(_NOTHING_WAITS)
        return ExitCode.OK
    for text, tasks in ((_SENT, answer["sent"]), (_PASSED_OVER, answer["passed_over"])):
        if tasks:
            screen.show(text, style="bold", count=len(tasks))
            _show_names(screen, tasks)
    return ExitCode.OK


def reconcile(screen: Screen, state: State, *, dry_run: bool, as_json: bool) -> ExitCode:
    """Put right what no message accounts for, or tell what there is."""
    report = _perform(state, "reconcile", *(("--dry-run",) if dry_run else ()))
    if as_json:
        screen.json(report)
        return ExitCode.OK
    if report["dry_run"]:
        screen.show(_DRY_RUN, style="bold")
    if not any(report[name]["count"] for name in _FINDINGS):
        screen.show(_ALL_WELL, style="green")
    for name, label in _FINDINGS.items():
        if report[name]["count"]:
            screen.out.print(Styled(f"{screen.words(label)}: {report[name]['count']}", style="bold"))
            _show_names(screen, report[name]["first"])
    return ExitCode.OK


def _letter_cells(screen: Screen, letter: Json) -> list[str]:
    return [
        letter["task_id"] or screen.words(_NO_UPLOAD),
        letter["proveedor_id"] or "–",
        letter["buried_at"][: len("2026-01-31T00:00")].replace("T", " "),
        letter["task_status"] or "–",
    ]


def _show_names(screen: Screen, names: list[str]) -> None:
    for name in names:
        screen.out.print(Styled(f"  {name}"), soft_wrap=True)


def _perform(state: State, *arguments: str) -> Json:
    """Run an operation on the stack that runs in this clone, else on what the environment names.

    Never on a mixture: bucket and ledger must belong together.
    """
    running = state.environment()
    if not running and "DATABASE_URL" not in os.environ:
        raise CommandError(_NOTHING_RUNS, ExitCode.UNREACHABLE, code="not_running")
    quiet = {"LOG_LEVEL": "ERROR", "PYTHONPATH": str(ROOT)}
    environment = service_environment(running, quiet) if running else {**os.environ, **quiet}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "worker.operations", *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        check=False,
    )
    try:
        answer: Json = json.loads(done.stdout)
    except ValueError:
        raise CommandError(_BROKEN, ExitCode.FAILED) from None
    if done.returncode == 0:
        return answer
    raise _refusal(answer["code"])


def _refusal(code: str) -> CommandError:
    if code in _STORES:
        return CommandError(_UNREACHABLE, ExitCode.UNREACHABLE, code=code, store=_STORES[code])
    return CommandError(_BUSY, ExitCode.FAILED, code=code)
