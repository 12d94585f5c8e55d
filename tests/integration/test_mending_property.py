"""Random catalogues with faults: what was rejected comes back as it was; once mended, nothing is open."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st

from common.fault_groups import columns_of
from common.messages import UploadMessage
from tests.integration.test_import_property import UPLOADS, Sheet, Upload, _doubted_rows, _handle
from tests.reference import Catalogue, Outcome
from tests.support.catalogue_files import product, products_in
from tests.support.error_files import REPORT
from tests.support.worker_shop import NOON, account_of, put_upload, redis_record
from worker.workshop import Workshop

#: What a row is rejected for because of products, not of itself.
_MET = {"duplicate_product", "crossed_keys"}

Faults = Sequence[Mapping[str, Any]]


class Provider:
    """One provider's uploads, each later than the one before, beside the reference."""

    def __init__(self, environment: dict[str, str], shop: Workshop, connection: asyncpg.Connection) -> None:
        self.name = uuid4().hex[:8]
        self.catalogue = Catalogue()
        self.environment = environment
        self.shop = shop
        self.connection = connection
        self._uploads = 0

    async def take(self, upload: Upload, *, mends: Sheet | None = None) -> tuple[UploadMessage, Outcome]:
        """Import a file, and hold what is told of it against the reference."""
        self._uploads += 1
        message = put_upload(
            self.environment,
            upload.sheet.content(),
            proveedor_id=self.name,
            reemplazar_duplicados=upload.replace,
            accepted_at=NOON + timedelta(minutes=self._uploads),
        )
        await _handle(self.shop, upload, message)
        outcome = self.catalogue.apply(
            upload.sheet.numbered(),
            proveedor_id=self.name,
            replace=upload.replace,
            accepted_at=message.accepted_at,
            task_id=message.task_id,
            mends=mends.numbered() if mends else (),
        )
        account = await account_of(self.connection, message)
        assert account.resumen == outcome.resumen
        assert [(error.fila, error.faults) for error in account.errors] == outcome.rejected
        return message, outcome

    async def open_rows(self, message: UploadMessage) -> set[int]:
        account = await account_of(self.connection, message)
        still_open = {error.fila for error in account.errors if error.resolved_by is None}
        assert account.record.resolved == account.record.progress.failed - len(still_open)
        assert await redis_record(self.environment, message.task_id) == account.record
        return still_open

    async def origins(self, message: UploadMessage) -> dict[int, int]:
        rows = await self.connection.fetch(
            "SELECT fila, origin_fila FROM task_row_errors WHERE task_id = $1", message.task_id
        )
        return {row["fila"]: row["origin_fila"] for row in rows}


def _report(sheet: Sheet, message: UploadMessage, rows: Mapping[int, list[str]]) -> Sheet:
    """The file of some rows, by their number, to be mended."""
    told = [["algo", "", str(fila), str(message.task_id), *cells] for fila, cells in rows.items()]
    report = replace(sheet, header=[*REPORT, *sheet.header], rows=told)
    if _doubted_rows(report):
        # rows that stand beside others now
        reject()
    return report


def _reasons(faults: Faults) -> list[tuple[str, list[str]]]:
    return [(fault["code"], columns_of(dict(fault))) for fault in faults]


@pytest.mark.timeout(300)
@settings(
    max_examples=40,
    deadline=None,
    print_blob=True,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.filter_too_much,
    ],
)
@given(uploads=st.lists(UPLOADS, min_size=1, max_size=2))
async def test_what_was_rejected_comes_back_as_it_was_and_once_mended_nothing_is_open(
    environment: dict[str, str], shop: Workshop, database_url: str, uploads: list[Upload]
) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        provider = Provider(environment, shop, connection)
        for upload in uploads:
            message, outcome = await provider.take(upload)
        rejected = dict(outcome.rejected)
        assume(rejected)
        again = await _send_back(provider, upload, message, rejected)
        still_open = await provider.open_rows(message)
        assert still_open == again
        await _send_back_mended(provider, upload, message, still_open)
        assert await products_in(connection, provider.name) == provider.catalogue.products(provider.name)
    finally:
        await connection.close()


async def _send_back(
    provider: Provider, upload: Upload, parent: UploadMessage, rejected: dict[int, Any]
) -> set[int]:
    """Upload the rejected rows as they are; return which of them are rejected again, as they must be."""
    sheet = _report(upload.sheet, parent, {fila: upload.sheet.rows[fila - 2] for fila in rejected})
    message, outcome = await provider.take(replace(upload, sheet=sheet), mends=upload.sheet)
    origins = await provider.origins(message)
    again = {origins[fila]: faults for fila, faults in outcome.rejected}
    faulty = {fila for fila, faults in rejected.items() if faults[0]["code"] not in _MET}
    assert faulty <= again.keys()
    assert all(_reasons(again[fila]) == _reasons(rejected[fila]) for fila in faulty)
    if not upload.replace:
        # no product has gone meanwhile, nor got other keys
        assert again.keys() == rejected.keys()
        assert all(again[fila][0]["code"] in _MET for fila in rejected.keys() - faulty)
    return set(again)


async def _send_back_mended(
    provider: Provider, upload: Upload, parent: UploadMessage, rows: set[int]
) -> None:
    """Upload the rows mended, of which all must be taken and none be open any more."""
    if rows:
        sound = {fila: product(f"sano {fila}") for fila in sorted(rows)}
        cells = {fila: [row.get(name, "") for name in upload.sheet.header] for fila, row in sound.items()}
        sheet = _report(upload.sheet, parent, cells)
        _, outcome = await provider.take(replace(upload, sheet=sheet), mends=upload.sheet)
        assert outcome.resumen["productos_creados"] == outcome.resumen["total"] == len(rows)
    assert await provider.open_rows(parent) == set()
