"""What the ledger itself shows: who wrote when, and whether anything had to be fetched back that should not
have been away."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby, pairwise

from chaos.evidence import Attempt, Batch, Evidence
from chaos.findings import Finding
from chaos.workload import Upload


def check_batches(evidence: Evidence) -> Iterator[Finding]:
    """The counters of a task are the sum of its batches."""
    sums: dict[str, tuple[int, int]] = {}
    for batch in evidence.batches:
        successful, failed = sums.get(batch.task_id, (0, 0))
        sums[batch.task_id] = successful + batch.successful, failed + batch.failed
    for task_id, task in evidence.tasks.items():
        counted = task["successful"], task["failed"]
        if sums.get(task_id, (0, 0)) != counted:
            detail = f"batches {sums.get(task_id)}, task {counted}"
            yield Finding("violation", "batches_and_task_differ", task_id, detail)


def check_attempts(evidence: Evidence, lease: timedelta) -> Iterator[Finding]:
    """One attempt at a time: a later one begins when the lease of the one before is over, and from then on
    that one writes nothing."""
    batches: dict[str, list[Batch]] = {}
    for batch in evidence.batches:
        batches.setdefault(batch.task_id, []).append(batch)
    for task_id, group in groupby(evidence.attempts, key=lambda attempt: attempt.task_id):
        attempts = list(group)
        written = batches.get(task_id, [])
        for attempt in attempts:
            late = [b.cursor for b in written if b.cursor > attempt.start_cursor and b.epoch < attempt.epoch]
            if late:
                yield Finding("violation", "written_after_takeover", task_id, f"{attempt} {late}")
        for before, after in pairwise(attempts):
            yield from _check_takeover(before, after, written, lease)
        yield from _check_end(task_id, attempts, evidence)


def _check_takeover(
    before: Attempt, after: Attempt, written: Sequence[Batch], lease: timedelta
) -> Iterator[Finding]:
    """A delivery may take back what it held; another one waits for the lease to end."""
    if before.outcome != "lost" or before.owner == after.owner:
        return
    # when a batch began: its lease is counted from a moment after that
    signs_of_life = [batch.committed_at for batch in written if batch.epoch == before.epoch]
    if after.started_at < max([before.started_at, *signs_of_life]) + lease:
        yield Finding("violation", "lease_not_respected", after.task_id, f"{before} {after}")


def _check_end(task_id: str, attempts: Sequence[Attempt], evidence: Evidence) -> Iterator[Finding]:
    """A task that is over was ended by its last attempt, and nobody holds it."""
    task = evidence.tasks.get(task_id)
    if task is None or task["status"] == "processing":
        return
    ended = [attempt.epoch for attempt in attempts if attempt.outcome == task["status"]]
    unended = [attempt.epoch for attempt in attempts if attempt.outcome is None]
    if ended != [attempts[-1].epoch] or unended or task["lease_until"] is not None:
        yield Finding("violation", "attempts_not_ended", task_id, f"{task['status']} {attempts}")


def check_announcements(uploads: Sequence[Upload], evidence: Evidence) -> Iterator[Finding]:
    """A message that was sent stays until the task is over, unless the queue is purged: then only may the
    reconciler have had to send another."""
    accepted_at = {upload.task_id: upload.accepted_at for upload in uploads if upload.accepted_at is not None}
    for task_id, sent_at in evidence.announcements:
        accepted = accepted_at.get(task_id)
        if accepted is None or sent_at < _at(accepted):
            continue
        if not any(_at(accepted) <= _at(purge) <= sent_at for purge in evidence.purged_at):
            yield Finding("violation", "message_vanished", task_id, f"announced again at {sent_at}")


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds).astimezone()
