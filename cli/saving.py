"""Files that come from the service: rejected rows to be mended, the template."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

from cli.client import CargaClient, Refused
from cli.errors import CommandError
from cli.exit_codes import ExitCode
from cli.screen import Screen
from cli.uploads import Sent
from common.texts import Text

T = TypeVar("T")

_FORMATS = {".xlsx": "xlsx", ".csv": "csv"}
#: The service says so while a worker is making the file.
_IN_PREPARATION = "report_in_preparation"
_PATIENCE_SECONDS = 600
_PAUSE_SECONDS = 1.0

_SAVED = Text("Guardado: {file}", "Saved: {file}")
_WRONG_SUFFIX = Text(
    "{file} debe terminar en .xlsx o .csv: así se elige el formato",
    "{file} must end in .xlsx or .csv: that chooses the format",
)
_NOT_WRITTEN = Text("No se puede escribir {file}: {reason}", "Cannot write {file}: {reason}")
_NO_FOLDER = Text(
    "De varios archivos se guardan varios: {file} debe ser una carpeta",
    "Of several files several are saved: {file} must be a folder",
)


async def save(client: CargaClient, screen: Screen, task_id: str, target: Path) -> None:
    """Save the rejected rows of a task.

    Raises:
        CommandError: there are none, the service refuses, or the file cannot be written.
    """
    format = _format(target)
    await once_prepared(lambda: _written(client.error_file(task_id, format, target), target))
    screen.say(_SAVED, file=target)


async def once_prepared(ask: Callable[[], Awaitable[T]]) -> T:
    """Ask until a worker has made the file that it takes; of a large upload that takes a while.

    Raises:
        CommandError: the service refuses, or has not made it in ten minutes.
    """
    give_up = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
    while True:
        try:
            return await ask()
        except Refused as error:
            if error.code != _IN_PREPARATION or asyncio.get_running_loop().time() > give_up:
                raise
        await asyncio.sleep(_PAUSE_SECONDS)


async def save_all(client: CargaClient, screen: Screen, results: Sequence[Sent], target: Path) -> None:
    """Save the rejected rows of each file that has some: of one file as ``target``, of several in it, as
    workbooks."""
    for sent in results:
        if sent.answer and sent.answer["progress"]["failed"]:
            task_id = sent.answer["task_id"]
            name = f"{sent.source.path.stem} - {task_id[:8]}.xlsx"
            await save(client, screen, task_id, target if len(results) == 1 else target / name)


def check_target(target: Path, *, several: bool) -> None:
    """Find out before anything is sent whether rejected rows could be saved there; make the folder for those
    of several files.

    Raises:
        CommandError: they could not.
    """
    if not several:
        _format(target)
        return
    try:
        target.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise CommandError(_NO_FOLDER, ExitCode.USAGE, code="not_a_folder", file=target) from error
    except OSError as error:
        raise _not_written(target, error) from error


async def save_template(client: CargaClient, screen: Screen, target: Path, *, examples: bool) -> None:
    """Save the template.

    Raises:
        CommandError: the service refuses, or the file cannot be written.
    """
    await _written(client.template(_format(target), target, examples=examples), target)
    screen.say(_SAVED, file=target)


def _format(target: Path) -> str:
    format = _FORMATS.get(target.suffix.lower())
    if format is None:
        raise CommandError(_WRONG_SUFFIX, ExitCode.USAGE, code="wrong_suffix", file=target)
    return format


async def _written(work: Awaitable[None], target: Path) -> None:
    try:
        await work
    except OSError as error:
        raise _not_written(target, error) from error


def _not_written(target: Path, error: OSError) -> CommandError:
    reason = error.strerror or str(error)
    return CommandError(_NOT_WRITTEN, ExitCode.USAGE, code="file_not_written", file=target, reason=reason)
