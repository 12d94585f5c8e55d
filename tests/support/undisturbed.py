"""An import that was disturbed on its way, and the one that it has to come to all the same."""

from collections.abc import Mapping

import asyncpg

from common.messages import UploadMessage
from common.tasks import TaskStatus
from tests.reference import Catalogue
from tests.support.catalogue_files import csv_file, expected_outcome, product, products, products_in
from tests.support.worker_shop import account_of, put_upload, redis_record, workshop
from worker.process import process_upload

#: Good and faulty rows, duplicates within a batch and across batches, and a product that changes its keys.
ROWS = [
    *products(95, faulty_every=7),
    product("P00001"),
    product("OTRO", "C-P00002"),
    product("P00003", "C-P00004"),
    *products(30, first=90),
]


async def assert_undisturbed(
    environment: Mapping[str, str], connection: asyncpg.Connection, upload: UploadMessage
) -> None:
    """Assert that a task of :data:`ROWS`, in batches of ten, came to what the reference says, to what it does
    for a provider whom nobody disturbed, and that a poller sees that."""
    account = await account_of(connection, upload)
    catalogue = Catalogue()
    outcome = expected_outcome(catalogue, upload, ROWS)
    assert account.record.status is TaskStatus.COMPLETED
    assert account.resumen == outcome.resumen
    assert account.outputs == outcome.created
    assert [(error.fila, error.faults) for error in account.errors] == outcome.rejected
    stored = await products_in(connection, upload.proveedor_id)
    assert stored == catalogue.products(upload.proveedor_id)
    other = put_upload(environment, csv_file(ROWS), reemplazar_duplicados=True, proveedor_id="SIN-MOLESTIAS")
    async with workshop(environment, batch_max_rows=10) as shop:
        await process_upload(shop, other, "test")
    undisturbed = await account_of(connection, other)
    assert undisturbed.record.result == account.record.result
    assert undisturbed.record.progress == account.record.progress
    assert (undisturbed.errors, undisturbed.outputs) == (account.errors, account.outputs)
    assert undisturbed.batches == account.batches
    assert await products_in(connection, "SIN-MOLESTIAS") == stored
    assert await redis_record(environment, upload.task_id) == account.record
