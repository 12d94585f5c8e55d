"""What every command does around its measurement: stores of its own, faults put into words, an exit code."""

import os
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Annotated, Any

import typer

from bench.stack import Place, WrongOutcome
from cli.errors import CommandError
from cli.exit_codes import ExitCode
from cli.lifecycle import owned, run_until_signalled
from cli.screen import Screen, language_of
from cli.state import HOME, State
from common.texts import Text
from infra.embedded.stores import Stores

_WRONG = Text("La medida no dio lo esperado: {reason}", "The measurement came to something else: {reason}")

JsonOption = Annotated[
    bool,
    typer.Option("--json", help="Un documento JSON en stdout y nada más. / One JSON document on stdout."),
]


def run(work: Callable[[Screen], Coroutine[Any, Any, ExitCode]], *, as_json: bool) -> None:
    """Do the work and end the process with its exit code."""
    screen = Screen(language_of(os.environ))
    try:
        exit_code = run_until_signalled(work(screen))
    except WrongOutcome as error:
        failure = CommandError(_WRONG, ExitCode.FAILED, code="wrong_outcome", reason=error)
        screen.fail(failure, as_json=as_json)
        exit_code = failure.exit_code
    except CommandError as error:
        screen.fail(error, as_json=as_json)
        exit_code = error.exit_code
    sys.exit(exit_code)


@asynccontextmanager
async def own_stores() -> AsyncIterator[Place]:
    """Run stores of our own; one benchmark at a time, for two would measure each other."""
    state = State(HOME / "bench")
    with owned(state):
        files = state.directory / "files"
        for leftover in (state.stores, files):
            shutil.rmtree(leftover, ignore_errors=True)
        files.mkdir()
        try:
            async with Stores(state.stores) as stores:
                yield Place(stores, files)
        finally:
            shutil.rmtree(state.stores, ignore_errors=True)
            shutil.rmtree(files)
