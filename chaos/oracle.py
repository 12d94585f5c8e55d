"""Compares what is left with what must be: every upload accepted came to its end, every row took effect once
or was reported.

Pure functions of the uploads and the evidence; each yields what it finds wrong.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import groupby

from chaos.evidence import Evidence
from chaos.findings import Finding
from chaos.oracle_ledger import check_announcements, check_attempts, check_batches
from chaos.oracle_products import check_products
from chaos.oracle_tasks import check_task
from chaos.workload import Upload
from common.messages import object_key


def judge(uploads: Sequence[Upload], evidence: Evidence, lease: timedelta) -> Iterator[Finding]:
    """Yield every promise that was not kept."""
    for upload in uploads:
        yield from check_task(upload, evidence)
    by_provider = sorted(uploads, key=lambda upload: upload.proveedor_id)
    for proveedor_id, of_provider in groupby(by_provider, key=lambda upload: upload.proveedor_id):
        yield from check_products(proveedor_id, list(of_provider), evidence)
    yield from check_batches(evidence)
    yield from check_attempts(evidence, lease)
    yield from check_announcements(uploads, evidence)
    yield from _check_belongings(uploads, evidence)
    yield from _check_queues(evidence)
    yield from (Finding("violation", "left_behind", "services", what) for what in evidence.leftovers)


def _check_belongings(uploads: Sequence[Upload], evidence: Evidence) -> Iterator[Finding]:
    """Uploads, tasks and objects are the same, one for one."""
    expected = {upload.task_id for upload in uploads if upload.task_id is not None}
    for task_id in evidence.tasks.keys() - expected:
        yield Finding("doubled", "task_from_nowhere", task_id)
    keys = {object_key(task["task_id"]) for task in evidence.tasks.values()}
    for key in evidence.objects - keys:
        yield Finding("violation", "object_without_task", key)
    for key in keys - evidence.objects:
        yield Finding("lost", "task_without_object", key)


def _check_queues(evidence: Evidence) -> Iterator[Finding]:
    """No message is left, and none was given up."""
    if evidence.messages:
        yield Finding("stuck", "queue_not_empty", "queue", count=evidence.messages)
    dead = max(evidence.dead_messages, len(evidence.dead_letters))
    if dead:
        yield Finding("violation", "dead_letters", "queue", f"{evidence.dead_letters}", dead)
