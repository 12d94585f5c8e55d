"""A worker that dies bringing in a correction: each row of the first upload is mended once, and it shows."""

import asyncpg
import pytest

from common.failpoints import Failpoint
from common.tasks import Progress
from tests.e2e.test_failpoints import drained, worker_dies
from tests.support.catalogue_files import csv_file, products
from tests.support.error_files import error_csv, reported
from tests.support.worker_shop import account_of, put_upload, redis_record, send

ROWS = products(90, faulty_every=3)
REJECTED = range(4, 92, 3)


@pytest.mark.parametrize(
    ("place", "visit"),
    [
        (Failpoint.BATCH_WRITTEN, 2),
        (Failpoint.BATCH_COMMITTED, 2),
        (Failpoint.END_WRITTEN, 1),
        (Failpoint.END_COMMITTED, 1),
        (Failpoint.MESSAGE_SETTLING, 1),
    ],
)
async def test_a_worker_that_dies_mending(
    environment: dict[str, str], connection: asyncpg.Connection, place: Failpoint, visit: int
) -> None:
    parent = put_upload(environment, csv_file(ROWS))
    send(environment, parent)
    await drained(environment)
    sound = {fila: ROWS[fila - 2] | {"precio_unitario": "7"} for fila in REJECTED}
    child = put_upload(environment, error_csv(reported(parent.task_id, sound)))
    send(environment, child)
    await worker_dies(environment, place, visit)
    await drained(environment)

    account = await account_of(connection, parent)
    assert {error.fila: error.resolved_by for error in account.errors} == dict.fromkeys(
        REJECTED, child.task_id
    )
    assert (account.record.resolved, account.record.corrections) == (30, [child.task_id])
    assert await redis_record(environment, parent.task_id) == account.record
    corrected = (await account_of(connection, child)).record
    assert (corrected.progress, corrected.parent_task_id) == (Progress(30, 30, 30, 0), parent.task_id)
