"""The commands of those who change Carga."""

import typer

from cli import tools
from cli.command import end, own_screen


def lint() -> None:
    """Revisa el código. / Check the code."""
    screen = own_screen()
    end(screen, lambda: tools.lint(screen))


def test(context: typer.Context) -> None:
    """Ejecuta las pruebas; lo demás va a pytest. / Run the tests; the rest goes to pytest."""
    tools.become_pytest(context.args)


def bench(context: typer.Context) -> None:
    """Mide memoria y velocidad. / Measure memory and speed."""
    tools.become_bench(context.args)


def chaos(context: typer.Context) -> None:
    """Mata procesos y comprueba que nada se pierde. / Kill processes, check that nothing is lost."""
    tools.become_chaos(context.args)
