"""One run from start to verdict: the storm, the calm in which all must come right, the oracle."""

import asyncio
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from chaos.faults import Fault
from chaos.gather import gather_evidence
from chaos.harm import Harm
from chaos.log import Log
from chaos.nemesis import Nemesis
from chaos.oracle import judge
from chaos.queue import queue_tampering
from chaos.report import Report
from chaos.stack import LEASE_SECONDS, Stack
from chaos.workload import Workload

#: In which every task must come to its end once nothing is wrong any more.
_CALM_SECONDS = 150


@dataclass(frozen=True)
class Plan:
    """What to do: everything that two runs have in common that can be compared."""

    seed: int
    kills: int
    faults: Collection[Fault]
    workers: int = 2


async def run(plan: Plan, directory: Path) -> Report:
    """Do it, below ``directory``: ``actions.log`` tells every action, ``logs`` what the services said."""
    started = time.monotonic()
    with Log(directory / "actions.log") as log:
        log("run_started", seed=plan.seed, kills=plan.kills, faults=sorted(plan.faults), workers=plan.workers)
        async with Stack(directory, plan.workers) as stack:
            workload = Workload(plan.seed, stack.url, log)
            nemesis, purged_at = await _storm(plan, stack, workload, log)
            log("all_healed")
            evidence = await gather_evidence(stack, workload.uploads, purged_at)
            findings = [*workload.findings, *judge(workload.uploads, evidence, _LEASE)]
        report = Report(
            seed=plan.seed,
            kills=nemesis.kills,
            faults={fault.value: count for fault, count in nemesis.done.items()},
            workers=plan.workers,
            seconds=time.monotonic() - started,
            tasks=len(workload.uploads),
            rows=sum(upload.file.rows for upload in workload.uploads),
            attempts=len(evidence.attempts),
            findings=findings,
        )
        log("run_ended", **report.document())
    return report


async def _storm(plan: Plan, stack: Stack, workload: Workload, log: Log) -> tuple[Nemesis, list[float]]:
    """Let uploads and faults loose on each other; return when the faults are undone and the uploads over, or
    have had time enough."""
    enough = asyncio.Event()
    working = asyncio.create_task(workload.run(enough))
    try:
        async with queue_tampering(stack.stores.environment()) as queue:
            harm = Harm(stack, queue, lambda: [u.task_id for u in workload.uploads if u.task_id is not None])
            nemesis = Nemesis(plan.seed, harm, log)
            await nemesis.storm(plan.kills, plan.faults)
        enough.set()
        await stack.until_it_works()
        log("calm")
        await asyncio.wait([working], timeout=_CALM_SECONDS)
        if working.done():
            working.result()
    finally:
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working
    return nemesis, harm.purged_at


_LEASE = timedelta(seconds=LEASE_SECONDS)
