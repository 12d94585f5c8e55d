"""The commands of somebody who has a file: send it, see what became of it, mend what was rejected."""

import sys
from pathlib import Path
from typing import Annotated
from uuid import uuid4

import typer

from cli import saving
from cli.bars import bars
from cli.client import Json, connect
from cli.command import JsonOption, ProviderOption, UrlOption, bff_url, end, examples, own_screen, run
from cli.errors import CommandError
from cli.exit_codes import ExitCode
from cli.follow import exit_code_of, follow
from cli.render import show_accepted, show_errors, show_status, show_tasks, show_uploads
from cli.screen import Screen
from cli.sources import Source, sources
from cli.uploads import Order, Sent, exit_code_of_all, send, send_all

UPLOAD_EXAMPLES = examples(
    "upload productos.xlsx --proveedor PROV001",
    "upload productos.csv --proveedor PROV001 --reemplazar --errores corregir.xlsx",
    "upload enero.xlsx febrero.xlsx --proveedor PROV001",
    "upload carpeta/ --proveedor PROV001 --validar",
    "upload - --proveedor PROV001 < productos.csv",
)
STATUS_EXAMPLES = examples("status TAREA", "status TAREA --watch", "status TAREA --json")
TASKS_EXAMPLES = examples(
    "tasks", "tasks --proveedor PROV001 --estado failed", "tasks --buscar enero --limite 100 --json"
)
ERRORS_EXAMPLES = examples(
    "errors TAREA", "errors TAREA --buscar precio", "errors TAREA --guardar corregir.xlsx"
)
RETRY_EXAMPLES = examples("retry TAREA", "retry TAREA --reemplazar")
TEMPLATE_EXAMPLES = examples("template", "template productos.csv --ejemplos")
INSPECT_EXAMPLES = examples("inspect productos.xlsx", "inspect productos.csv --json --rows")

TaskArgument = Annotated[str, typer.Argument(metavar="TAREA", help="Id de la tarea. / The task's id.")]


def upload(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="ARCHIVO",
            help="Archivos .xlsx o .csv, carpetas, o «-» para la entrada estándar. "
            "/ .xlsx or .csv files, folders, or “-” for standard input.",
        ),
    ],
    proveedor: ProviderOption,
    reemplazar: Annotated[
        bool, typer.Option("--reemplazar", help="Actualiza los duplicados. / Update duplicates.")
    ] = False,
    validar: Annotated[
        bool, typer.Option("--validar", help="Ensayo: no escribe nada. / Dry run: writes nothing.")
    ] = False,
    errores: Annotated[
        Path | None,
        typer.Option(
            "--errores",
            metavar="ARCHIVO",
            help="Guarda las filas rechazadas para corregirlas (.xlsx o .csv; de varios archivos, en esta "
            "carpeta). / Save the rejected rows to mend them (of several files, into this folder).",
        ),
    ] = None,
    nombre: Annotated[
        str | None,
        typer.Option(help="Nombre de lo que llega por la entrada estándar. / Name of standard input."),
    ] = None,
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="Vuelve al aceptarse. / Return once it is accepted.")
    ] = False,
    as_json: JsonOption = False,
    url: UrlOption = "",
) -> None:
    """Sube archivos y muestra su resultado. / Upload files and show their results.

    Código de salida / exit code: 0 todo entró / all came in; 5 hubo filas rechazadas / rows were rejected;
    1 falló / it failed; 2 el archivo o la orden no sirven / no such file; 3 nadie responde / nobody answers.
    """
    screen, address = own_screen(), bff_url(url)
    order = Order(proveedor, replace=reemplazar, validate=validar, wait=not no_wait)

    async def work(found: list[Source]) -> ExitCode:
        async with connect(address, screen.language) as client:
            with bars(screen) as shown:
                if len(found) == 1:
                    results = [Sent(found[0], await send(client, screen, shown, found[0], order))]
                else:
                    results = await send_all(client, screen, shown, found, order)
            _show(screen, results, address, as_json=as_json, waited=order.wait)
            if errores is not None and order.wait:
                try:
                    await saving.save_all(client, screen, results, errores)
                except CommandError as error:
                    # the result has been shown, and is the one document on standard output
                    screen.fail(error, as_json=False)
                    return error.exit_code
        return exit_code_of_all(results, waited=order.wait)

    def start() -> ExitCode:
        with sources(files, sys.stdin.buffer, nombre) as found:
            if errores is not None:
                saving.check_target(errores, several=len(found) > 1)
            return run(work(found))

    end(screen, start, as_json=as_json)


def _show(screen: Screen, results: list[Sent], address: str, *, as_json: bool, waited: bool) -> None:
    answers = [_as_json(sent) for sent in results]
    if as_json:
        screen.json(answers[0] if len(answers) == 1 else answers)
    elif len(results) > 1:
        show_uploads(screen, results)
    elif waited:
        show_status(screen, answers[0], address)
    else:
        show_accepted(screen, answers[0])


def _as_json(sent: Sent) -> Json:
    if sent.answer is not None:
        return sent.answer
    assert sent.error is not None
    return {"filename": sent.source.name, **(sent.error.problem or {"code": sent.error.code})}


def status(
    task_id: TaskArgument,
    watch: Annotated[
        bool, typer.Option("--watch", help="Espera a que termine. / Wait until it is over.")
    ] = False,
    as_json: JsonOption = False,
    url: UrlOption = "",
) -> None:
    """Muestra qué fue de una carga. / Show what became of an upload."""
    screen, address = own_screen(), bff_url(url)

    async def work() -> ExitCode:
        async with connect(address, screen.language) as client:
            if watch:
                with bars(screen) as shown:
                    found = await follow(client, task_id, shown.add(task_id, 0).shows)
            else:
                found = await client.status(task_id)
        screen.json(found) if as_json else show_status(screen, found, address)
        return exit_code_of(found)

    end(screen, lambda: run(work()), as_json=as_json)


def tasks(
    proveedor: Annotated[str, typer.Option(help="Solo las de este proveedor. / Only this provider's.")] = "",
    estado: Annotated[
        str, typer.Option(help="processing, completed, failed, cancelled.", show_default=False)
    ] = "",
    buscar: Annotated[
        str, typer.Option(help="Parte del nombre o de la tarea. / Part of the name or the task.")
    ] = "",
    limite: Annotated[int, typer.Option(min=1, max=200, help="Cuántas. / How many.")] = 20,
    as_json: JsonOption = False,
    url: UrlOption = "",
) -> None:
    """Muestra las cargas, la más reciente primero. / Show uploads, newest first."""
    screen, address = own_screen(), bff_url(url)
    filters = _given(proveedor_id=proveedor, status=estado, q=buscar)

    async def work() -> ExitCode:
        async with connect(address, screen.language) as client:
            page = await client.tasks(
                limit=limite, **{name: value for name, value in filters.items() if value}
            )
        screen.json(page) if as_json else show_tasks(screen, page)
        return ExitCode.OK

    end(screen, lambda: run(work()), as_json=as_json)


def errors(
    task_id: TaskArgument,
    guardar: Annotated[
        Path | None,
        typer.Option(
            metavar="ARCHIVO",
            help="Las guarda para corregirlas y subirlas (.xlsx o .csv). / Save them, to mend and upload.",
        ),
    ] = None,
    buscar: Annotated[
        str, typer.Option(help="Fila, columna o palabras del motivo. / Row, column or words of the reason.")
    ] = "",
    abiertas: Annotated[
        bool, typer.Option("--abiertas", help="Solo las que faltan por corregir. / Only those still open.")
    ] = False,
    limite: Annotated[int, typer.Option(min=1, max=1000, help="Cuántas. / How many.")] = 100,
    as_json: JsonOption = False,
    url: UrlOption = "",
) -> None:
    """Muestra o guarda las filas rechazadas. / Show or save the rejected rows."""
    screen, address = own_screen(), bff_url(url)
    filters = _given(q=buscar, abiertas="true" if abiertas else "")

    async def work() -> ExitCode:
        async with connect(address, screen.language) as client:
            if guardar is not None:
                await saving.save(client, screen, task_id, guardar)
                return ExitCode.OK
            page = await client.errors(task_id, limit=limite, **filters)
        screen.json(page) if as_json else show_errors(screen, page["errores"])
        return ExitCode.OK

    end(screen, lambda: run(work()), as_json=as_json)


def retry(
    task_id: TaskArgument,
    reemplazar: Annotated[
        bool | None,
        typer.Option(
            "--reemplazar/--sin-reemplazar",
            help="Actualiza los duplicados, o no; si no se dice, como antes. / Update duplicates, or not.",
        ),
    ] = None,
    as_json: JsonOption = False,
    url: UrlOption = "",
) -> None:
    """Reintenta solo las filas rechazadas. / Try only the rejected rows again."""
    screen, address, key = own_screen(), bff_url(url), str(uuid4())

    async def work() -> ExitCode:
        async with connect(address, screen.language) as client:
            accepted = await saving.once_prepared(lambda: client.retry(task_id, replace=reemplazar, key=key))
            with bars(screen) as shown:
                found = await follow(client, accepted["task_id"], shown.add(accepted["filename"], 0).shows)
        screen.json(found) if as_json else show_status(screen, found, address)
        return exit_code_of(found)

    end(screen, lambda: run(work()), as_json=as_json)


def cancel(task_id: TaskArgument, as_json: JsonOption = False, url: UrlOption = "") -> None:
    """Cancela una carga que no ha terminado. / Call off an upload that is not over."""
    screen, address = own_screen(), bff_url(url)

    async def work() -> ExitCode:
        async with connect(address, screen.language) as client:
            cancelled = await client.cancel(task_id)
        screen.json(cancelled) if as_json else show_status(screen, cancelled, address)
        return ExitCode.OK

    end(screen, lambda: run(work()), as_json=as_json)


def template(
    file: Annotated[
        Path, typer.Argument(metavar="[ARCHIVO]", help="Dónde, .xlsx o .csv. / Where to.", show_default=True)
    ] = Path("plantilla_productos.xlsx"),
    ejemplos: Annotated[
        bool, typer.Option("--ejemplos", help="Con filas de ejemplo. / With example rows.")
    ] = False,
    url: UrlOption = "",
) -> None:
    """Guarda la plantilla de un catálogo. / Save the template of a catalogue."""
    screen, address = own_screen(), bff_url(url)

    async def work() -> ExitCode:
        async with connect(address, screen.language) as client:
            await saving.save_template(client, screen, file, examples=ejemplos)
        return ExitCode.OK

    end(screen, lambda: run(work()))


def inspect(
    file: Annotated[Path, typer.Argument(help="Un archivo con una tabla. / A file with a table.")],
    as_json: JsonOption = False,
    rows: Annotated[
        bool,
        typer.Option("--rows", help="Todas las filas; con --json, una por línea. / Every row; a line each."),
    ] = False,
    raw: Annotated[
        bool, typer.Option("--raw", help="Cualquier tabla, no un catálogo. / Any table, not a catalogue.")
    ] = False,
) -> None:
    """Muestra cómo se lee un archivo y si se podría cargar. / Show how a file is read and would load."""
    from cli.inspection import inspect as look

    screen = own_screen()
    end(screen, lambda: look(screen, file, rows=rows, raw=raw, as_json=as_json), as_json=as_json)


def _given(**filters: str) -> dict[str, str]:
    return {name: value for name, value in filters.items() if value}
