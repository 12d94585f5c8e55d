"""Sending files, one or many, and following what becomes of each."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from cli.bars import Bars, FileBar
from cli.client import CargaClient, Json, Unreachable
from cli.errors import CommandError
from cli.exit_codes import ExitCode
from cli.follow import exit_code_of, follow
from cli.screen import Screen
from cli.sources import Source, unreadable
from common.texts import Text

#: Files on their way at the same time: enough for the queue to be full, few enough to look at.
_AT_ONCE = 3
#: How often a file is sent whose answer was lost; its key makes that safe.
_TRIES = 3
_PAUSE_SECONDS = 1.0

_ACCEPTED = Text(
    "{name}: aceptado; puede seguirlo con: ./carga status {task_id} --watch",
    "{name}: accepted; follow it with: ./carga status {task_id} --watch",
)


@dataclass(frozen=True)
class Order:
    """What is asked for of each file; ``wait``: until its task is over; ``lasting``: the service will be
    there afterwards, for whoever wants to ask again."""

    proveedor_id: str
    replace: bool
    validate: bool
    wait: bool
    lasting: bool = True


@dataclass(frozen=True)
class Sent:
    """A file and what became of it: ``answer`` is its last status (the 202 where nobody waits), or else
    ``error`` says why there is none."""

    source: Source
    answer: Json | None = None
    error: CommandError | None = None


async def send_all(
    client: CargaClient, screen: Screen, bars: Bars, files: Sequence[Source], order: Order
) -> list[Sent]:
    """Send files, some at a time, and return what became of each, in their order."""
    slots = asyncio.Semaphore(_AT_ONCE)

    async def one(source: Source) -> Sent:
        async with slots:
            try:
                return Sent(source, await send(client, screen, bars, source, order))
            except CommandError as error:
                return Sent(source, error=error)

    return await asyncio.gather(*map(one, files))


async def send(client: CargaClient, screen: Screen, bars: Bars, source: Source, order: Order) -> Json:
    """Send one file; return its last status, or the body of the 202 where nobody waits.

    Raises:
        CommandError: it was refused, cannot be read, or nobody answers.
    """
    bar = bars.add(source.name, source.size)
    accepted = await _upload(client, source, order, bar)
    if order.lasting:
        screen.say(_ACCEPTED, name=source.name, task_id=accepted["task_id"])
    return await follow(client, accepted["task_id"], bar.shows) if order.wait else accepted


async def _upload(client: CargaClient, source: Source, order: Order, bar: FileBar) -> Json:
    key = str(uuid4())
    for tries_left in reversed(range(_TRIES)):
        try:
            return await client.upload(
                source,
                order.proveedor_id,
                replace=order.replace,
                validate=order.validate,
                key=key,
                on_bytes=bar.sent,
            )
        except Unreachable as error:
            if not tries_left or error.never_reached:
                raise
        except OSError as error:
            raise unreadable(source.path, error) from error
        await asyncio.sleep(_PAUSE_SECONDS)
    raise AssertionError("the last try returns or raises")


def exit_code_of_all(results: Sequence[Sent], *, waited: bool) -> ExitCode:
    """Return what became of the file; of several files, whether all came in, some rows of them were rejected,
    or something failed."""
    codes = [_exit_code(sent, waited=waited) for sent in results]
    if len(codes) == 1:
        return codes[0]
    if set(codes) <= {ExitCode.OK, ExitCode.REJECTED_ROWS}:
        return max(codes, default=ExitCode.OK)
    return ExitCode.FAILED


def _exit_code(sent: Sent, *, waited: bool) -> ExitCode:
    if sent.answer is None:
        return sent.error.exit_code if sent.error else ExitCode.FAILED
    return exit_code_of(sent.answer) if waited else ExitCode.OK
