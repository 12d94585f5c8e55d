"""What faults do to the links between the services and the stores."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from chaos.faults import Action, Fault
from chaos.proxy import Link
from chaos.stack import STORES, Stack

_LONGEST_DELAY_SECONDS = 0.3
_HANG_ENDS_IN_RESET_SHARE = 0.5
#: Of all answers of PostgreSQL the one that matters.
_COMMIT = b"COMMIT"


@asynccontextmanager
async def spoilt_links(stack: Stack, action: Action) -> AsyncIterator[str]:
    """Spoil the links that were drawn, and yield their names; all is well again after the seconds drawn."""
    links = _choose(stack, action)
    for link in links:
        await _spoil(link, action)
    try:
        yield " ".join(link.name for link in links)
        if action.fault is not Fault.RESET:
            await asyncio.sleep(action.seconds)
    finally:
        for link in links:
            await _mend(link, action)


def _choose(stack: Stack, action: Action) -> Sequence[Link]:
    """One link, or all to one store; of the answers that can be lost, often one of PostgreSQL to a worker."""
    if action.fault is Fault.SWALLOW and action.several:
        return [stack.links[f"{action.pick(stack.workers)}>postgres"]]
    if action.several:
        return stack.links_to(action.pick(STORES))
    return [stack.links[action.pick(stack.links)]]


async def _spoil(link: Link, action: Action) -> None:
    match action.fault:
        case Fault.CUT:
            await link.cut()
        case Fault.HANG:
            link.flowing.clear()
        case Fault.DELAY:
            link.delay_seconds = action.choice * _LONGEST_DELAY_SECONDS
        case Fault.SLICE:
            link.sliced = True
        case Fault.RESET:
            link.reset()
        case Fault.SWALLOW:
            link.swallowing = _COMMIT if link.name.endswith(">postgres") else b""


async def _mend(link: Link, action: Action) -> None:
    match action.fault:
        case Fault.CUT:
            await link.open()
        case Fault.HANG:
            if action.choice < _HANG_ENDS_IN_RESET_SHARE:
                link.reset()
            link.flowing.set()
        case Fault.DELAY:
            link.delay_seconds = 0.0
        case Fault.SLICE:
            link.sliced = False
        case Fault.SWALLOW:
            link.swallowing = None
