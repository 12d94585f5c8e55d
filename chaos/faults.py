"""The faults there are, and how the next one is drawn: from the seed alone, never from how things stand."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from random import Random


class Fault(StrEnum):
    """What the nemesis can do."""

    KILL_WORKER = "kill-worker"
    KILL_READER = "kill-reader"
    KILL_API = "kill-api"
    KILL_BFF = "kill-bff"
    KILL_POSTGRES = "kill-postgres"
    KILL_VALKEY = "kill-valkey"
    #: Stop a worker for longer than its lease, then let it go on.
    FREEZE = "freeze"
    #: Connections are refused and reset.
    CUT = "cut"
    #: No byte passes, either way.
    HANG = "hang"
    DELAY = "delay"
    SLICE = "slice"
    #: Connections are reset, once.
    RESET = "reset"
    #: Something is done, and its answer is lost.
    SWALLOW = "swallow"
    #: FLUSHALL.
    FLUSH = "flush"
    #: Every message is deleted.
    PURGE = "purge"
    #: An upload is announced once more, whatever has become of it.
    DUPLICATE = "duplicate"
    #: Messages that wait are put into another order.
    REORDER = "reorder"

    @property
    def is_kill(self) -> bool:
        """Whether it ends a process."""
        return self.value.startswith("kill-")


#: How often each is drawn, beside the others.
_WEIGHTS = {
    Fault.KILL_WORKER: 8,
    Fault.KILL_READER: 5,
    Fault.KILL_API: 3,
    Fault.KILL_BFF: 2,
    Fault.KILL_POSTGRES: 4,
    Fault.KILL_VALKEY: 2,
    Fault.FREEZE: 2,
    Fault.CUT: 2,
    Fault.HANG: 1,
    Fault.DELAY: 1,
    Fault.SLICE: 1,
    Fault.RESET: 2,
    Fault.SWALLOW: 4,
    Fault.FLUSH: 1,
    Fault.PURGE: 1,
    Fault.DUPLICATE: 3,
    Fault.REORDER: 1,
}
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.15, 0.85
_SHORTEST, _LONGEST = 0.5, 4.0
#: All links that lead to the same store, at once.
_SEVERAL_SHARE = 0.4


@dataclass(frozen=True)
class Action:
    """One draw. ``place`` and ``choice`` (0 to 1) pick among what there is, ``several`` whether more than one
    link is meant; ``seconds`` is how long it lasts, ``pause`` the time until the next draw."""

    fault: Fault
    place: float
    choice: float
    several: bool
    seconds: float
    pause: float

    def pick(self, items: Collection[str]) -> str:
        """Return the item that was drawn."""
        return list(items)[int(self.place * len(items))]


def draw_action(rng: Random, faults: Collection[Fault]) -> Action:
    """Return the next thing to do, one of ``faults``."""
    ordered = [fault for fault in Fault if fault in faults]
    return Action(
        fault=rng.choices(ordered, [_WEIGHTS[fault] for fault in ordered])[0],
        place=rng.random(),
        choice=rng.random(),
        several=rng.random() < _SEVERAL_SHARE,
        seconds=rng.uniform(_SHORTEST, _LONGEST),
        pause=rng.uniform(_SHORTEST_PAUSE, _LONGEST_PAUSE),
    )
