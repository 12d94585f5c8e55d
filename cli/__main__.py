"""``python -m cli``, started by ``./carga``: the commands and their options.

What only one command needs is imported by that command: loading the clients of every store takes longer than
most commands run.
"""

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from cli import tools
from cli.client import connect
from cli.errors import CommandError
from cli.exit_codes import ExitCode
from cli.follow import exit_code_of, follow, send
from cli.render import show_accepted, show_status
from cli.screen import Screen, language_of
from cli.state import HOME, State

_PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Un archivo de catálogo entra, productos salen. / A catalogue file goes in, products come out.",
)

letters = typer.Typer(
    no_args_is_help=True, help="Los mensajes abandonados. / The messages that the queue gave up on."
)
app.add_typer(letters, name="dlq")

JsonOption = Annotated[
    bool,
    typer.Option("--json", help="Un documento JSON en stdout y nada más. / One JSON document on stdout."),
]
UrlOption = Annotated[
    str,
    typer.Option(
        "--url", envvar="BFF_URL", help="Dirección del BFF. / Address of the BFF.", show_default=False
    ),
]


@app.command()
def demo() -> None:
    """Importa un archivo de ejemplo de principio a fin. / Import a sample from end to end."""
    from cli.demo import demo as run_demo
    from cli.lifecycle import run_until_signalled

    screen = _screen()
    _end(screen, lambda: run_until_signalled(run_demo(screen, State(HOME / "demo"))))


@app.command()
def up(
    detach: Annotated[
        bool, typer.Option("--detach", "-d", help="Vuelve cuando todo responde. / Return when all answers.")
    ] = False,
) -> None:
    """Inicia los almacenes y los servicios. / Start the stores and the services."""
    from cli.lifecycle import run_until_signalled
    from cli.up import service_ports, up_detached
    from cli.up import up as run_stack

    screen, state = _screen(), State()

    def start() -> ExitCode:
        ports = service_ports(os.environ)
        return up_detached(screen, state) if detach else run_until_signalled(run_stack(screen, state, ports))

    _end(screen, start)


@app.command()
def down() -> None:
    """Detiene lo que inició «up». / Stop what “up” started."""
    from cli.up import down as stop_stack

    screen = _screen()
    _end(screen, lambda: stop_stack(screen, State()))


@app.command()
def upload(
    file: Annotated[Path, typer.Argument(help="Archivo .xlsx o .csv. / A .xlsx or .csv file.")],
    proveedor: Annotated[str, typer.Option("--proveedor", help="Id del proveedor. / The provider's id.")],
    reemplazar: Annotated[
        bool, typer.Option("--reemplazar", help="Actualiza los duplicados. / Update duplicates.")
    ] = False,
    validar: Annotated[
        bool, typer.Option("--validar", help="Ensayo: no escribe nada. / Dry run: writes nothing.")
    ] = False,
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="Vuelve al aceptarse el archivo. / Return once it is accepted.")
    ] = False,
    as_json: JsonOption = False,
    url: UrlOption = "",
) -> None:
    """Sube un archivo y muestra su resultado. / Upload a file and show its result."""
    screen, bff_url = _screen(), url or _bff_url()

    async def work() -> ExitCode:
        async with connect(bff_url, screen.language) as client:
            accepted = await send(client, screen, file, proveedor, replace=reemplazar, validate=validar)
            if no_wait:
                screen.json(accepted) if as_json else show_accepted(screen, accepted)
                return ExitCode.OK
            status = await follow(client, screen, accepted["task_id"])
        screen.json(status) if as_json else show_status(screen, status, bff_url)
        return exit_code_of(status)

    _end(screen, lambda: _run(work()), as_json=as_json)


@app.command()
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

    screen = _screen()
    _end(screen, lambda: look(screen, file, rows=rows, raw=raw, as_json=as_json), as_json=as_json)


@app.command()
def status(
    task_id: str,
    watch: Annotated[
        bool, typer.Option("--watch", help="Espera a que termine. / Wait until it is over.")
    ] = False,
    as_json: JsonOption = False,
    url: UrlOption = "",
) -> None:
    """Muestra qué fue de una carga. / Show what became of an upload."""
    screen, bff_url = _screen(), url or _bff_url()

    async def work() -> ExitCode:
        async with connect(bff_url, screen.language) as client:
            found = await (follow(client, screen, task_id) if watch else client.status(task_id))
        screen.json(found) if as_json else show_status(screen, found, bff_url)
        return exit_code_of(found)

    _end(screen, lambda: _run(work()), as_json=as_json)


@app.command()
def cancel(task_id: str, as_json: JsonOption = False, url: UrlOption = "") -> None:
    """Cancela una carga que no ha terminado. / Call off an upload that is not over."""
    screen, bff_url = _screen(), url or _bff_url()

    async def work() -> ExitCode:
        async with connect(bff_url, screen.language) as client:
            cancelled = await client.cancel(task_id)
        screen.json(cancelled) if as_json else show_status(screen, cancelled, bff_url)
        return ExitCode.OK

    _end(screen, lambda: _run(work()), as_json=as_json)


@letters.command("list")
def list_letters(as_json: JsonOption = False) -> None:
    """Muestra los mensajes abandonados. / Show the messages that were given up on."""
    from cli.recovery import list_letters as show

    screen = _screen()
    _end(screen, lambda: show(screen, State(), as_json=as_json), as_json=as_json)


@letters.command()
def redrive(
    task: Annotated[
        UUID | None, typer.Option("--task", help="Solo el de esta tarea. / Only that of this task.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Reintenta las cargas abandonadas. / Try again what was given up."""
    from cli.recovery import redrive as try_again

    screen = _screen()
    _end(screen, lambda: try_again(screen, State(), task, as_json=as_json), as_json=as_json)


@app.command()
def reconcile(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Solo dice qué haría. / Only tell what it would do.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Recupera lo que ningún mensaje anuncia. / Put right what no message accounts for."""
    from cli.recovery import reconcile as run_round

    screen = _screen()
    _end(screen, lambda: run_round(screen, State(), dry_run=dry_run, as_json=as_json), as_json=as_json)


@app.command()
def doctor() -> None:
    """Revisa cada dependencia. / Check each dependency."""
    from cli.doctor import doctor as run_doctor

    screen = _screen()
    _end(screen, lambda: _run(run_doctor(screen, State().environment() | os.environ)))


@app.command()
def lint() -> None:
    """Revisa el código. / Check the code."""
    screen = _screen()
    _end(screen, lambda: tools.lint(screen))


@app.command(context_settings=_PASS_ON)
def test(context: typer.Context) -> None:
    """Ejecuta las pruebas; lo demás va a pytest. / Run the tests; the rest goes to pytest."""
    tools.become_pytest(context.args)


@app.command(context_settings=_PASS_ON)
def bench(context: typer.Context) -> None:
    """Mide memoria y velocidad. / Measure memory and speed."""
    tools.become_bench(context.args)


@app.command(context_settings=_PASS_ON)
def chaos(context: typer.Context) -> None:
    """Mata procesos y comprueba que nada se pierde. / Kill processes, check that nothing is lost."""
    tools.become_chaos(context.args)


def _screen() -> Screen:
    return Screen(language_of(os.environ))


def _bff_url() -> str:
    """The BFF of the running ``up``, else where it usually listens."""
    return State().environment().get("BFF_URL", "http://127.0.0.1:8001")


def _run(work: Coroutine[Any, Any, ExitCode]) -> ExitCode:
    return asyncio.run(work)


def _end(screen: Screen, command: Callable[[], ExitCode], *, as_json: bool = False) -> None:
    """Run a command and end the process with its exit code."""
    try:
        exit_code = command()
    except CommandError as error:
        screen.fail(error, as_json=as_json)
        exit_code = error.exit_code
    except KeyboardInterrupt:
        exit_code = ExitCode.INTERRUPTED
    sys.exit(exit_code)


if __name__ == "__main__":
    app(prog_name="carga")
