"""The receipt of an upload that is over: what was taken, how it was read, what became of every row of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec

from catalog_service.answers import corrections_body, options_body
from catalog_service.database import Database
from catalog_service.errors import TaskNotOver
from catalog_service.status import TaskFinder
from common.bodies import column_body, notice_body
from common.ledger import read_task
from common.tasks import TaskRecord
from common.texts import Language
from common.version import VERSION

#: Of the form of a receipt: a higher one may say things in another way.
_RECEIPT_VERSION: Final = 1

_READ_ACCOUNT = "SELECT sha256, correlation_id, tallies FROM tasks WHERE proveedor_id = $1 AND task_id = $2"

_READ_ATTEMPTS = """
SELECT epoch AS intento, worker AS trabajador, version, start_cursor AS desde_fila, started_at AS inicio,
       ended_at AS fin, outcome AS motivo
  FROM task_attempts
 WHERE proveedor_id = $1 AND task_id = $2
 ORDER BY epoch
"""


class Attempt(msgspec.Struct, frozen=True):
    """Who tried, from behind which row, and why that ended."""

    intento: int
    trabajador: str
    version: str | None
    desde_fila: int
    inicio: datetime
    fin: datetime | None
    motivo: str | None


class Account(msgspec.Struct, frozen=True):
    """All that a receipt is made of."""

    record: TaskRecord
    sha256: str | None
    correlation_id: str | None
    #: counters of the kind, by the names they have in the summary
    tallies: dict[str, int]
    attempts: Sequence[Attempt]


class Receipts:
    """Makes receipts out of the ledger alone: what it has committed is what there is to say."""

    def __init__(self, database: Database, finder: TaskFinder) -> None:
        self._database = database
        self._finder = finder

    async def account(self, task_id: UUID) -> Account:
        """Return the account of a task.

        Raises:
            TaskNotFound: no upload has this id.
            TaskNotOver: it may still change.
            DatabaseUnavailable, StatusUnavailable: whoever would know does not answer.
        """
        async with self._database.connection() as connection:
            record = await read_task(connection, task_id)
            if record is not None and record.status.is_terminal:
                return await _account(connection, record)
        if record is None:
            # the ledger does not know those that wait for a worker
            record = await self._finder.find(task_id)
        raise TaskNotOver(status_of_task=record.status.value)


async def _account(connection: asyncpg.Connection, record: TaskRecord) -> Account:
    identity = record.proveedor_id, record.task_id
    row = await connection.fetchrow(_READ_ACCOUNT, *identity)
    attempts = await connection.fetch(_READ_ATTEMPTS, *identity)
    return Account(
        record=record,
        sha256=row["sha256"],
        correlation_id=row["correlation_id"],
        tallies=msgspec.json.decode(row["tallies"], type=dict[str, int]),
        attempts=[Attempt(**dict(attempt)) for attempt in attempts],
    )


def receipt_body(account: Account, language: Language) -> dict[str, Any]:
    """Return the receipt; its warnings are in ``language``, all else is in none."""
    record = account.record
    return {
        "recibo": _RECEIPT_VERSION,
        "task_id": record.task_id,
        "estado": record.status,
        "archivo": {"nombre": record.filename, "bytes": record.size_bytes, "sha256": account.sha256},
        "quien": {"proveedor_id": record.proveedor_id, "correlation_id": account.correlation_id},
        "recibido": record.created_at,
        "terminado": record.completed_at,
        "opciones": options_body(record),
        "columnas": [column_body(column) for column in record.columns],
        "lectura": record.facts,
        "advertencias": [notice_body(notice, language) for notice in record.notices],
        "recuento": _counts(account),
        "superados": account.tallies.get("superados", 0),
        "correcciones": corrections_body(record),
        "origen": record.parent_task_id,
        "error_code": record.error_code,
        "intentos": account.attempts,
        "versiones": {"carga": VERSION, "recibo": _RECEIPT_VERSION},
    }


def _counts(account: Account) -> dict[str, int]:
    """Return what became of the rows; ``total`` is the sum of the others."""
    progress, tallies = account.record.progress, account.tallies
    created, updated = tallies.get("productos_creados", 0), tallies.get("productos_actualizados", 0)
    return {
        "total": max(progress.total, progress.processed),
        "creados": created,
        "actualizados": updated,
        # not by its counter: that misses the rows of before there was one
        "sin_cambios": progress.successful - created - updated,
        "rechazados": progress.failed,
        "sin_procesar": max(progress.total - progress.processed, 0),
    }
