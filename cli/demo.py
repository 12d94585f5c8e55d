"""``./carga demo``: everything, once, before the eyes of whoever just cloned the repository."""

import shutil
import sys

from cli.bars import bars
from cli.client import connect
from cli.exit_codes import ExitCode
from cli.follow import exit_code_of
from cli.lifecycle import owned
from cli.log_files import LogFiles
from cli.render import show_status
from cli.screen import Screen
from cli.sources import sources
from cli.stack import ServicePorts, Stack
from cli.state import ROOT, State
from cli.supervisor import running
from cli.uploads import Order, send
from common.texts import Text
from infra.embedded.ports import free_port

_SAMPLE = ROOT / "data" / "productos_ejemplo.xlsx"
_ORDER = Order("PROV001", replace=False, validate=False, wait=True, lasting=False)

_STARTING = Text(
    "Iniciando PostgreSQL, Valkey, LocalStack y los tres servicios …",
    "Starting PostgreSQL, Valkey, LocalStack and the three services …",
)
_STARTED = Text("Todo responde: {url}", "Everything answers: {url}")
_STOPPING = Text("Deteniendo lo que se inició …", "Stopping what was started …")
_NEXT = Text(
    "Ahora con su archivo: ./carga up --detach, y en el navegador http://127.0.0.1:8001, o en la terminal "
    "./carga upload ARCHIVO --proveedor PROV001",
    "Now with your file: ./carga up --detach, and in a browser http://127.0.0.1:8001, or in the terminal "
    "./carga upload FILE --proveedor PROV001",
)


async def demo(screen: Screen, state: State) -> ExitCode:
    """Import the sample on a stack of its own. Raises :class:`~cli.errors.CommandError`."""
    with owned(state), LogFiles(state.logs) as logs:
        # its products would be duplicates of the last time's
        shutil.rmtree(state.stores, ignore_errors=True)
        screen.say(_STARTING)
        ports = ServicePorts(free_port(), free_port())
        stack = Stack(state.stores, ports, logs.write)
        async with running(stack, state, screen):
            url = stack.addresses()["BFF_URL"]
            screen.say(_STARTED, url=url)
            async with connect(url, screen.language) as client:
                with bars(screen) as shown, sources([_SAMPLE], sys.stdin.buffer, None) as (sample,):
                    status = await send(client, screen, shown, sample, _ORDER)
            show_status(screen, status, url)
            screen.say(_STOPPING)
    exit_code = exit_code_of(status)
    if exit_code is ExitCode.OK:
        screen.say(_NEXT)
    return exit_code
