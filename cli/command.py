"""What every command has in common: its screen, its options, and how it ends."""

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

import typer

from cli.errors import CommandError
from cli.exit_codes import ExitCode
from cli.screen import Screen, language_of
from cli.state import State

#: Everything behind the command goes to another program as it is.
PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}

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
ProviderOption = Annotated[str, typer.Option("--proveedor", help="Id del proveedor. / The provider's id.")]


def own_screen() -> Screen:
    """Return the screen of this process, in the language of its locale."""
    return Screen(language_of(os.environ))


def bff_url(option: str) -> str:
    """Return the address asked for, else the BFF of the running ``up``, else where it usually listens."""
    return option or State().environment().get("BFF_URL", "http://127.0.0.1:8001")


def run(work: Coroutine[Any, Any, ExitCode]) -> ExitCode:
    """Run a command that waits for others."""
    return asyncio.run(work)


def end(screen: Screen, command: Callable[[], ExitCode], *, as_json: bool = False) -> None:
    """Run a command and end the process with its exit code."""
    try:
        exit_code = command()
    except CommandError as error:
        screen.fail(error, as_json=as_json)
        exit_code = error.exit_code
    except KeyboardInterrupt:
        exit_code = ExitCode.INTERRUPTED
    sys.exit(exit_code)


def examples(*lines: str) -> str:
    """Return the end of a help text: commands to copy, a line each."""
    return "\n".join(["\b", "Ejemplos / Examples:", *(f"  ./carga {line}" for line in lines)])
