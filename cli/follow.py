"""Send a file and follow its task: what ``upload``, ``status --watch`` and ``demo`` have in common."""

import asyncio
from pathlib import Path

from cli.client import CargaClient, Json, Refused, Unreachable
from cli.errors import CommandError
from cli.exit_codes import ExitCode
from cli.render import rows_bar, upload_bar
from cli.screen import Screen
from common.texts import Text

_FINISHED = ("completed", "failed", "cancelled")
#: Often enough to see a small file move, seldom enough for a large one.
_FASTEST_POLL_SECONDS = 0.1
_SLOWEST_POLL_SECONDS = 1.0
#: A service that is being restarted is waited for this long.
_PATIENCE_SECONDS = 30

_ACCEPTED = Text(
    "Aceptado; puede consultarlo con: ./carga status {task_id}",
    "Accepted; ask for it with: ./carga status {task_id}",
)
_UNREADABLE = Text("No se puede leer {file}: {reason}", "Cannot read {file}: {reason}")


async def send(
    client: CargaClient,
    screen: Screen,
    file: Path,
    proveedor_id: str,
    *,
    replace: bool,
    validate: bool = False,
) -> Json:
    """Upload a file with a bar and return the body of the 202. Raises :class:`CommandError`."""
    try:
        size = file.stat().st_size  # noqa: ASYNC240 (nothing else goes on that a slow disk could hold up)
        with upload_bar(screen, file.name, size) as on_bytes:
            accepted = await client.upload(
                file, proveedor_id, replace=replace, validate=validate, on_bytes=on_bytes
            )
    except OSError as error:
        raise unreadable(file, error) from error
    screen.say(_ACCEPTED, task_id=accepted["task_id"])
    return accepted


def unreadable(file: Path, error: OSError) -> CommandError:
    """Return what to tell of a file that cannot be opened."""
    reason = error.strerror or str(error)
    return CommandError(_UNREADABLE, ExitCode.USAGE, code="file_unreadable", file=file, reason=reason)


async def follow(client: CargaClient, screen: Screen, task_id: str) -> Json:
    """Poll a task with a bar until it is over and return its last status. Raises :class:`CommandError`."""
    pause = _FASTEST_POLL_SECONDS
    with rows_bar(screen) as update:
        while True:
            status = await _patient_status(client, task_id)
            update(status)
            if status["status"] in _FINISHED:
                return status
            await asyncio.sleep(pause)
            pause = min(pause * 1.2, _SLOWEST_POLL_SECONDS)


async def _patient_status(client: CargaClient, task_id: str) -> Json:
    """The import goes on while the API is away, so a poller need not give up at once."""
    clock = asyncio.get_running_loop().time
    give_up = clock() + _PATIENCE_SECONDS
    while True:
        try:
            return await client.status(task_id)
        except (Unreachable, Refused) as error:
            passing = isinstance(error, Unreachable) or error.status >= 500
            if not passing or clock() > give_up:
                raise
        await asyncio.sleep(_SLOWEST_POLL_SECONDS)


def exit_code_of(status: Json) -> ExitCode:
    """OK when the import completed (rejected rows are part of a result) or is under way."""
    return ExitCode.FAILED if status["status"] in ("failed", "cancelled") else ExitCode.OK
