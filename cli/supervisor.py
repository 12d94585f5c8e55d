"""Keep a started stack alive: whatever dies is started again, ever more slowly when it keeps dying."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from cli.screen import Screen
from cli.service import ServiceFailed
from cli.stack import Part, Stack
from cli.state import State
from common.texts import Text
from infra.embedded.errors import StoreError

_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 10.0
#: After so long it counts as healthy, and its next end as the first.
_HEALTHY_SECONDS = 60.0

_ENDED = Text(
    "{name} terminó ({how}); se reinicia en {pause} s",
    "{name} ended ({how}); it is started again in {pause} s",
)
_BACK = Text("{name} funciona otra vez", "{name} works again")
_STILL_DOWN = Text("{name} no arranca: {reason}", "{name} does not start: {reason}")


@asynccontextmanager
async def running(stack: Stack, state: State, screen: Screen) -> AsyncIterator[None]:
    """Start the stack, keep it alive for the length of the block, and stop all of it, whatever happens.

    Raises ``StoreError`` or ``ServiceFailed`` when a part does not start.
    """
    try:
        await stack.start()
        for part in stack.parts:
            state.record_pid(part.name, part.process.pid)
        state.announce(stack.addresses())
        # a group: a keeper that fails itself must end the stack, not leave a part unwatched
        async with asyncio.TaskGroup() as group:
            keepers = [group.create_task(_keep_alive(part, state, screen)) for part in stack.parts]
            try:
                yield
            finally:
                for keeper in keepers:
                    keeper.cancel()
    finally:
        await stack.stop()


async def _keep_alive(part: Part, state: State, screen: Screen) -> None:
    clock = asyncio.get_running_loop().time
    pause = _FIRST_PAUSE_SECONDS
    while True:
        started_at = clock()
        code = await part.process.wait()
        if clock() - started_at > _HEALTHY_SECONDS:
            pause = _FIRST_PAUSE_SECONDS
        screen.say(_ENDED, style="yellow", name=part.name, how=_how(code), pause=f"{pause:g}")
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
        await _start_again(part, state, screen)


async def _start_again(part: Part, state: State, screen: Screen) -> None:
    try:
        await part.start()
        state.record_pid(part.name, part.process.pid)
    except (StoreError, ServiceFailed, OSError) as error:
        screen.say(_STILL_DOWN, style="red", name=part.name, reason=error)
    else:
        screen.say(_BACK, style="green", name=part.name)


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
