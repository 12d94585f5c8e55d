"""``./carga up`` and ``down``: the whole stack, until somebody stops it."""

import asyncio
import contextlib
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

import psutil

from cli.errors import CommandError
from cli.exit_codes import ExitCode
from cli.lifecycle import owned
from cli.log_files import LogFiles
from cli.screen import Screen
from cli.stack import ServicePorts, Stack, taken
from cli.state import ROOT, Owner, State
from cli.supervisor import running
from common.texts import Text

_STARTING = Text("Iniciando almacenes y servicios …", "Starting stores and services …")
_READY = Text(
    "Carga está lista: abra {url} en el navegador (variables en {file}; «./carga down» la detiene)",
    "Carga is ready: open {url} in a browser (variables in {file}; “./carga down” stops it)",
)
_STOPPING = Text("Deteniendo …", "Stopping …")
_STOPPED = Text("Detenido: no queda ningún proceso", "Stopped: no process is left")
_NOTHING_RUNS = Text("No había nada en marcha", "Nothing was running")
_PORT_TAKEN = Text(
    "El puerto {port} está ocupado; elija otro, por ejemplo: {variable}={other} ./carga up",
    "Port {port} is taken; choose another, for example: {variable}={other} ./carga up",
)
_BAD_PORT = Text("{variable} debe ser un puerto, de 1 a 65535", "{variable} must be a port, 1 to 65535")
_DETACHED_FAILED = Text(
    "No arrancó. El final de {file}:\n{log}", "It did not start. The end of {file}:\n{log}"
)

#: One colour a process, so that the eye can follow it.
_COLOURS = {"catalog_service": "cyan", "worker": "magenta", "bff": "green"}
_LOG_LINES_SHOWN = 20
_POLL_SECONDS = 0.1
#: The worker's ten seconds, the stores' and some for a busy machine.
_DOWN_SECONDS = 45


def service_ports(environment: Mapping[str, str]) -> ServicePorts:
    """Where the services are to listen: ``CATALOG_PORT`` and ``BFF_PORT``. Raises :class:`CommandError`."""
    return ServicePorts(
        catalog=_port(environment, "CATALOG_PORT", 3001), bff=_port(environment, "BFF_PORT", 8001)
    )


async def up(screen: Screen, state: State, ports: ServicePorts) -> ExitCode:
    """Run the stack until this task is cancelled. Raises :class:`CommandError` when it does not start."""
    with owned(state), LogFiles(state.logs) as logs:
        for variable, port in taken(ports):
            raise CommandError(
                *(_PORT_TAKEN, ExitCode.SETUP_FAILED),
                code="port_taken",
                port=port,
                variable=variable,
                other=port + 10,
            )
        screen.say(_STARTING)

        def on_line(name: str, line: str) -> None:
            logs.write(name, line)
            screen.log_line(name, _COLOURS[name], line)

        stack = Stack(state.stores, ports, on_line)
        try:
            async with running(stack, state, screen):
                _say_ready(screen, state)
                await asyncio.Event().wait()
        finally:
            screen.say(_STOPPING)
    return ExitCode.OK


def up_detached(screen: Screen, state: State) -> ExitCode:
    """Start ``up`` in the background and return once it is ready. Raises :class:`CommandError`."""
    state.directory.mkdir(parents=True, exist_ok=True)
    with owned(state):
        pass  # somebody who runs one already is told so here, and its log is not touched
    screen.say(_STARTING)
    with state.log.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "cli", "up"],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        while process.poll() is None:
            if state.owner() == Owner(process.pid, ready=True):
                _say_ready(screen, state)
                return ExitCode.OK
            time.sleep(_POLL_SECONDS)
    except BaseException:
        process.terminate()
        process.wait()
        raise
    lines = state.log.read_text(errors="replace").splitlines()[-_LOG_LINES_SHOWN:]
    raise CommandError(
        *(_DETACHED_FAILED, ExitCode(process.returncode)), file=state.log, log="\n".join(lines)
    )


def down(screen: Screen, state: State) -> ExitCode:
    """Stop what ``up`` started and wait until every process of it is gone."""
    owner = _settled_owner(state)
    if owner is None:
        screen.say(_NOTHING_RUNS)
        return ExitCode.OK
    screen.say(_STOPPING)
    with contextlib.suppress(psutil.NoSuchProcess):
        supervisor = psutil.Process(owner.pid)
        family = [supervisor, *supervisor.children(recursive=True)]
        supervisor.terminate()
        if not _gone(family, _DOWN_SECONDS):
            supervisor.kill()  # its children end with it: the kernel sees to that
            _gone(family, _DOWN_SECONDS)
    screen.say(_STOPPED)
    return ExitCode.OK


def _settled_owner(state: State) -> Owner | None:
    """Who runs the stack; one that is just taking or giving back the lock is waited for."""
    while (owner := state.owner()) is not None and owner.pid == 0:
        time.sleep(_POLL_SECONDS)
    return owner


def _gone(processes: Sequence[psutil.Process], seconds: float) -> bool:
    give_up = time.monotonic() + seconds
    while any(_lives(process) for process in processes):
        if time.monotonic() > give_up:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def _lives(process: psutil.Process) -> bool:
    try:
        # in a container whose first process waits for nobody, the dead stay in the list
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _say_ready(screen: Screen, state: State) -> None:
    screen.say(_READY, style="bold green", url=state.environment()["BFF_URL"], file=state.env)


def _port(environment: Mapping[str, str], variable: str, default: int) -> int:
    value = environment.get(variable) or str(default)
    if not (value.isascii() and value.isdigit() and 1 <= int(value) <= 65_535):
        raise CommandError(_BAD_PORT, ExitCode.USAGE, code="bad_port", variable=variable)
    return int(value)
