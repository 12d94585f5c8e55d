"""``./carga inspect``: how a file is read, with no service running.

The worker's inspection does the reading, in a process of its own; here its answer is shown.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text as Styled

from cli.errors import CommandError
from cli.exit_codes import ExitCode
from cli.render import show_groups, show_warnings
from cli.screen import Screen
from cli.sources import unreadable
from cli.state import ROOT
from common.texts import Text
from common.visible import visible

Json = dict[str, Any]

_ROWS_SHOWN = 3
_COLUMNS_SHOWN = 40

_BROKEN = Text(
    "La inspección terminó de forma inesperada; mire los mensajes anteriores",
    "The inspection ended unexpectedly; see the messages above",
)
_LOADS = Text(
    "Se puede cargar: {total} filas, {sin_errores} sin errores y {con_errores} con errores "
    "(los duplicados solo se conocen al cargar)",
    "It would load: {total} rows, {sin_errores} without errors and {con_errores} with errors "
    "(duplicates only show when it is loaded)",
)
_IS_TABLE = Text("Se puede leer: {total} filas", "It can be read: {total} rows")
_REFUSED = Text("No se puede cargar ({code}): {error}", "It would not load ({code}): {error}")
_FACT = Text("{name}: {value}", "{name}: {value}")
_FORMAT = Text("Formato", "Format")
_FACTS = {
    "encoding": Text("Codificación", "Encoding"),
    "byte_order_mark": Text("Marca de orden de bytes", "Byte order mark"),
    "delimiter": Text("Separador", "Delimiter"),
    "line_terminator": Text("Fin de línea", "Line ending"),
    "sheet": Text("Hoja", "Sheet"),
    "reader": Text("Lector", "Reader"),
}
_YES_NO = {True: Text("sí", "yes"), False: Text("no", "no")}
_HOW = {
    "exact": Text("reconocida", "recognised"),
    "synonym": Text("reconocida por un sinónimo", "recognised by a synonym"),
    "ignored": Text("se ignora", "ignored"),
    "raw": Text("", ""),
}
_COLUMNS = Text("Columnas", "Columns")
_COLUMN_HEADS = (Text("N.º", "No."), Text("Encabezado", "Header"), Text("Columna", "Column"), Text("", ""))
_MORE_COLUMNS = Text("… y {more} más", "… and {more} more")
_FIRST_ROWS = Text("Primeras filas", "First rows")
_ROW = Text("Fila {fila}", "Row {fila}")


def inspect(screen: Screen, file: Path, *, rows: bool, raw: bool, as_json: bool) -> ExitCode:
    """Show how the file is read, and with ``rows`` every row of it. Raises :class:`CommandError`."""
    try:
        file.open("rb").close()
    except OSError as error:
        raise unreadable(file, error) from error
    command = [sys.executable, "-P", "-m", "worker.inspection", "--language", screen.language]
    command += [*(["--raw"] if raw else []), "--", str(file.resolve())]
    all_rows = [*command[:-2], "--rows", *command[-2:]]
    if as_json:
        # straight through: no row of a large file is held here
        done = subprocess.run(all_rows if rows else command, cwd=ROOT, env=_environment(), check=False)
        return _exit_code(done.returncode)
    done = subprocess.run(command, cwd=ROOT, env=_environment(), stdout=subprocess.PIPE, check=False)
    exit_code = _exit_code(done.returncode)
    _show(screen, json.loads(done.stdout), first_rows=not rows)
    if rows and exit_code is ExitCode.OK:
        return _show_rows(screen, all_rows)
    return exit_code


def _environment() -> dict[str, str]:
    return {**os.environ, "LOG_LEVEL": "ERROR", "PYTHONPATH": str(ROOT)}


def _exit_code(returncode: int) -> ExitCode:
    if returncode not in (ExitCode.OK, ExitCode.FAILED, ExitCode.INTERRUPTED):
        raise CommandError(_BROKEN, ExitCode.FAILED)
    return ExitCode(returncode)


def _show(screen: Screen, document: Json, *, first_rows: bool) -> None:
    if document["error_code"]:
        error = visible(document["error"])
        screen.show(_REFUSED, style="bold red", code=document["error_code"], error=error)
    else:
        loads = document["se_puede_cargar"]
        screen.show(_LOADS if loads else _IS_TABLE, style="bold green", **document["resumen"])
    _show_facts(screen, document)
    show_warnings(screen, document.get("advertencias", []))
    _show_columns(screen, document.get("columnas", []))
    show_groups(screen, document.get("grupos_errores", []))
    if first_rows:
        _show_first(screen, document.get("filas", []))


def _show_facts(screen: Screen, document: Json) -> None:
    facts = {"formato": document.get("formato"), **document.get("lectura", {})}
    for name, value in facts.items():
        if value is None:
            continue
        label = screen.words(_FORMAT if name == "formato" else _FACTS.get(name, Text(name, name)))
        shown = screen.words(_YES_NO[value]) if isinstance(value, bool) else visible(str(value))
        screen.show(_FACT, name=label, value="TAB" if value == "\t" else shown)


def _show_columns(screen: Screen, columns: list[Json]) -> None:
    if not columns:
        return
    screen.show(_COLUMNS, style="bold")
    table = Table(box=SIMPLE)
    for head in _COLUMN_HEADS:
        table.add_column(screen.words(head), overflow="fold")
    for column in columns[:_COLUMNS_SHOWN]:
        how = _HOW.get(column["como"], Text(*[column["como"]] * 2))
        cells = (str(column["posicion"]), column["encabezado"], column["columna"] or "–", screen.words(how))
        table.add_row(*(Styled(visible(cell)) for cell in cells))
    screen.out.print(table)
    if len(columns) > _COLUMNS_SHOWN:
        screen.show(_MORE_COLUMNS, more=len(columns) - _COLUMNS_SHOWN)


def _show_first(screen: Screen, rows: list[Json]) -> None:
    """Show a few rows side by side, a line a column of the file: what fits on a terminal."""
    shown = [row for row in rows if row["values"] is not None][:_ROWS_SHOWN]
    if not shown:
        return
    screen.show(_FIRST_ROWS, style="bold")
    table = Table(box=SIMPLE)
    table.add_column(overflow="ellipsis", no_wrap=True, max_width=30)
    for row in shown:
        table.add_column(screen.words(_ROW, fila=row["fila"]), overflow="ellipsis", no_wrap=True)
    for name in list(dict.fromkeys(name for row in shown for name in row["values"]))[:_COLUMNS_SHOWN]:
        cells = (name, *(row["values"].get(name, "") for row in shown))
        table.add_row(*(Styled(visible(cell)) for cell in cells))
    screen.out.print(table)


def _show_rows(screen: Screen, command: list[str]) -> ExitCode:
    with subprocess.Popen(command, cwd=ROOT, env=_environment(), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for line in process.stdout:
            row = json.loads(line)
            if "fila" in row:
                values = row["values"] or {}
                cells = " · ".join(f"{name}={value}" for name, value in values.items() if value)
                told = f"{cells}  ✗ {row['error']}" if "error" in row else cells
                screen.out.print(Styled(f"{row['fila']}: {visible(told)}"), soft_wrap=True)
    return _exit_code(process.returncode)
