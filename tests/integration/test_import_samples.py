"""The committed samples come to what is written beside them, in either format and with either flag."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from common.tasks import LIST_LIMIT, TaskStatus
from common.texts import render_row_error
from tests.support.catalogue_files import products_in
from tests.support.worker_shop import account_of, put_upload, redis_record, workshop
from worker.outcomes import Done
from worker.process import process_upload

DATA = Path(__file__).parents[2] / "data"
NAME = "productos_300_con_errores"
EXPECTED: dict[str, Any] = json.loads((DATA / f"{NAME}.esperado.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("extension", ["csv", "xlsx"])
@pytest.mark.parametrize("flag", list(EXPECTED))
async def test_the_sample_with_faults_comes_to_what_is_written_beside_it(
    environment: dict[str, str], connection: asyncpg.Connection, flag: str, extension: str
) -> None:
    file = DATA / f"{NAME}.{extension}"
    upload = put_upload(
        environment, file.read_bytes(), filename=file.name, reemplazar_duplicados=flag.endswith("true")
    )
    async with workshop(environment) as shop:
        assert await process_upload(shop, upload, "test") == Done()
    expected = EXPECTED[flag]
    account = await account_of(connection, upload)
    assert account.resumen == expected["resumen"]
    assert account.outputs == expected["productos_creados"]
    errors = [{"fila": row.fila, "error": render_row_error(row.faults, "es")} for row in account.errors]
    assert errors == expected["errores"][extension]
    stored = [
        {name: str(value) if isinstance(value, Decimal) else value for name, value in row.items()}
        for row in await products_in(connection, "PROV001")
    ]
    assert stored == expected["productos"]
    record = await redis_record(environment, upload.task_id)
    assert record is not None
    assert record.result == {
        "resumen": expected["resumen"],
        "productos_creados": expected["productos_creados"][:LIST_LIMIT],
    }
    assert [error.fila for error in record.row_errors] == [error["fila"] for error in errors[:LIST_LIMIT]]


@pytest.mark.parametrize("name", ["productos_ejemplo.csv", "productos_ejemplo.xlsx"])
async def test_the_good_sample_is_good(
    environment: dict[str, str], connection: asyncpg.Connection, name: str
) -> None:
    upload = put_upload(environment, (DATA / name).read_bytes(), filename=name)
    async with workshop(environment) as shop:
        assert await process_upload(shop, upload, "test") == Done()
    account = await account_of(connection, upload)
    assert account.record.status is TaskStatus.COMPLETED
    assert (account.resumen["total"], account.resumen["productos_creados"], account.errors) == (10, 10, [])
