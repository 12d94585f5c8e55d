"""The commands that run Carga and look after it."""

import os
from typing import Annotated
from uuid import UUID

import typer

from cli.command import JsonOption, end, own_screen, run
from cli.exit_codes import ExitCode
from cli.state import HOME, State

letters = typer.Typer(
    no_args_is_help=True, help="Los mensajes abandonados. / The messages that the queue gave up on."
)


def demo() -> None:
    """Importa un archivo de ejemplo de principio a fin. / Import a sample from end to end."""
    from cli.demo import demo as run_demo
    from cli.lifecycle import run_until_signalled

    screen = own_screen()
    end(screen, lambda: run_until_signalled(run_demo(screen, State(HOME / "demo"))))


def up(
    detach: Annotated[
        bool, typer.Option("--detach", "-d", help="Vuelve cuando todo responde. / Return when all answers.")
    ] = False,
) -> None:
    """Inicia los almacenes y los servicios. / Start the stores and the services."""
    from cli.lifecycle import run_until_signalled
    from cli.up import service_ports, up_detached
    from cli.up import up as run_stack

    screen, state = own_screen(), State()

    def start() -> ExitCode:
        ports = service_ports(os.environ)
        return up_detached(screen, state) if detach else run_until_signalled(run_stack(screen, state, ports))

    end(screen, start)


def down() -> None:
    """Detiene lo que inició «up». / Stop what “up” started."""
    from cli.up import down as stop_stack

    screen = own_screen()
    end(screen, lambda: stop_stack(screen, State()))


@letters.command("list")
def list_letters(as_json: JsonOption = False) -> None:
    """Muestra los mensajes abandonados. / Show the messages that were given up on."""
    from cli.recovery import list_letters as show

    screen = own_screen()
    end(screen, lambda: show(screen, State(), as_json=as_json), as_json=as_json)


@letters.command()
def redrive(
    task: Annotated[
        UUID | None, typer.Option("--task", help="Solo el de esta tarea. / Only that of this task.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Reintenta las cargas abandonadas. / Try again what was given up."""
    from cli.recovery import redrive as try_again

    screen = own_screen()
    end(screen, lambda: try_again(screen, State(), task, as_json=as_json), as_json=as_json)


def reconcile(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Solo dice qué haría. / Only tell what it would do.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Recupera lo que ningún mensaje anuncia. / Put right what no message accounts for."""
    from cli.recovery import reconcile as run_round

    screen = own_screen()
    end(screen, lambda: run_round(screen, State(), dry_run=dry_run, as_json=as_json), as_json=as_json)


def doctor() -> None:
    """Revisa cada dependencia. / Check each dependency."""
    from cli.doctor import doctor as run_doctor

    screen = own_screen()
    end(screen, lambda: run(run_doctor(screen, State().environment() | os.environ)))
