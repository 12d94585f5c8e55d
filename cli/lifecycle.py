"""What surrounds a stack that runs in the foreground: signals that end it, faults put into words."""

import asyncio
import errno
import signal
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from cli.errors import CommandError
from cli.exit_codes import ExitCode
from cli.service import ServiceFailed
from cli.state import AlreadyRunning, State
from common.texts import Text
from infra.embedded.errors import StoreError

_ALREADY_RUNNING = Text(
    "Ya está en marcha en {directory}; deténgalo con «./carga down»",
    "It is running already in {directory}; stop it with “./carga down”",
)
_STORE_FAILED = Text("No se pudo iniciar un almacén: {reason}", "A store could not be started: {reason}")
_SERVICE_FAILED = Text(
    "{name} no arrancó. Lo último que escribió:\n{log}",
    "{name} did not start. The last it wrote:\n{log}",
)
_NOT_READY = Text(
    "Los servicios arrancaron pero no se ven entre sí; pruebe «./carga doctor»",
    "The services started but do not see each other; try “./carga doctor”",
)
_NO_SPACE = Text("No queda espacio en el disco: {file}", "No space is left on the disk: {file}")
_NO_FILE = Text("No se puede usar {file}: {reason}", "Cannot use {file}: {reason}")


def run_until_signalled(work: Coroutine[Any, Any, ExitCode]) -> ExitCode:
    """Run ``work``; Ctrl-C, SIGTERM and a closed terminal cancel it, so that it can clean up.

    A second signal ends it at once, and then the kernel ends the children.
    """
    return asyncio.run(_cancelled_by_signals(work))


async def _cancelled_by_signals(work: Coroutine[Any, Any, ExitCode]) -> ExitCode:
    task = asyncio.ensure_future(work)
    received: list[int] = []

    def on_signal(number: int) -> None:
        received.append(number)
        task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, on_signal, number)
    try:
        return await task
    except asyncio.CancelledError:
        if not received:
            raise
        return ExitCode.INTERRUPTED if received[0] == signal.SIGINT else ExitCode.OK


@contextmanager
def owned(state: State) -> Iterator[None]:
    """Own the stack's directory; whatever keeps a stack from running becomes a :class:`CommandError`."""
    try:
        with state.ownership():
            yield
    except AlreadyRunning as error:
        raise CommandError(
            _ALREADY_RUNNING, ExitCode.UNREACHABLE, code="already_running", directory=state.directory
        ) from error
    except (StoreError, psycopg.Error) as error:
        raise _setup_failed(_STORE_FAILED, "store_failed", reason=error) from error
    except ServiceFailed as error:
        log = "\n".join(f"  {line}" for line in error.log)
        raise _setup_failed(_SERVICE_FAILED, "service_failed", name=error.name, log=log) from error
    except TimeoutError as error:
        raise _setup_failed(_NOT_READY, "not_ready") from error
    except OSError as error:
        raise _of_os_error(error, state) from error


def _of_os_error(error: OSError, state: State) -> CommandError:
    file = error.filename or state.directory  # a write that fails does not know its file
    if error.errno == errno.ENOSPC:
        return _setup_failed(_NO_SPACE, "no_space", file=file)
    return _setup_failed(_NO_FILE, "os_error", file=file, reason=error.strerror)


def _setup_failed(text: Text, code: str, **params: Any) -> CommandError:
    return CommandError(text, ExitCode.SETUP_FAILED, code=code, **params)
