"""Following a task until it is over, through whatever happens to the service meanwhile."""

import asyncio
from collections.abc import Callable

from cli.client import CargaClient, Json, Refused, Unreachable
from cli.exit_codes import ExitCode

_FINISHED = ("completed", "failed", "cancelled")
#: Often enough to see a small file move, seldom enough for a large one.
_FASTEST_POLL_SECONDS = 0.1
_SLOWEST_POLL_SECONDS = 1.0
#: A service that is being restarted is waited for this long.
_PATIENCE_SECONDS = 30


async def follow(client: CargaClient, task_id: str, show: Callable[[Json], None]) -> Json:
    """Poll a task until it is over, have every status shown, and return the last.

    Raises:
        CommandError: the service refuses, or is away for longer than half a minute.
    """
    pause = _FASTEST_POLL_SECONDS
    while True:
        status = await _patient_status(client, task_id)
        show(status)
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
    """Return how a task ended, for a shell; OK while it is under way."""
    if status["status"] in ("failed", "cancelled"):
        return ExitCode.FAILED
    rejected = status["status"] == "completed" and status["progress"]["failed"]
    return ExitCode.REJECTED_ROWS if rejected else ExitCode.OK
