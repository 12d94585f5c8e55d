"""Draws one fault after another and lets it happen, until enough have died."""

import asyncio
from collections import Counter
from collections.abc import Collection
from random import Random

from chaos.faults import Action, Fault, draw_action
from chaos.harm import Harm
from chaos.log import Log


class Nemesis:
    """The same seed draws the same faults in the same order; how they meet the services is up to the
    machine."""

    def __init__(self, seed: int, harm: Harm, log: Log) -> None:
        self._rng = Random(f"{seed}/nemesis")  # noqa: S311 (to be repeated, not to be secret)
        self._harm = harm
        self._log = log
        #: What has been done, by kind; a fault that found nothing to hit is not counted.
        self.done: Counter[Fault] = Counter()

    @property
    def kills(self) -> int:
        """How many processes it has killed."""
        return sum(count for fault, count in self.done.items() if fault.is_kill)

    async def storm(self, kills: int, faults: Collection[Fault]) -> None:
        """Strike until so many processes have been killed (where ``faults`` kill none: until so many have
        struck), and return when all is undone that can be."""
        kill_counts = any(fault.is_kill for fault in faults)
        number = 0
        async with asyncio.TaskGroup() as group:
            while (self.kills if kill_counts else self.done.total()) < kills:
                number += 1
                action = draw_action(self._rng, faults)
                group.create_task(self._strike(number, action))
                await asyncio.sleep(action.pause)

    async def _strike(self, number: int, action: Action) -> None:
        async with self._harm.of(action) as target:
            if target is not None:
                self.done[action.fault] += 1
            lasts = round(action.seconds, 2)
            self._log("fault", number=number, fault=action.fault, target=target, lasts=lasts)
        if target is not None:
            self._log("fault_over", number=number, fault=action.fault)
