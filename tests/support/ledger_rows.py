"""Rows of the ledger and the catalogue, written without a worker."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from common.tasks import TaskStatus


async def insert_task(
    connection: asyncpg.Connection,
    task_id: UUID | str,
    *,
    status: TaskStatus,
    proveedor_id: str = "PROV001",
    successful: int = 0,
    failed: int = 0,
    total: int | None = None,
    result: dict[str, Any] | None = None,
    error_code: str | None = None,
    error_params: dict[str, Any] | None = None,
    revision: int = 1,
) -> None:
    """Write a task as a worker would have left it."""
    now = datetime.now(UTC)
    await connection.execute(
        """
        INSERT INTO tasks (proveedor_id, task_id, kind, filename, s3_bucket, s3_key,
                           accepted_at, status, revision, total, processed, successful, failed,
                           result, error_code, error_params, completed_at)
        VALUES ($1, $2, 'catalog', 'productos.csv', 'bucket', 'key',
                $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        """,
        proveedor_id, UUID(str(task_id)), now, str(status), revision,
        total, successful + failed, successful, failed, _json(result), error_code, _json(error_params or {}),
        now if status.is_terminal else None,
    )  # fmt: skip


async def insert_row_errors(
    connection: asyncpg.Connection, task_id: UUID, rows: Sequence[int], *, proveedor_id: str = "PROV001"
) -> None:
    """Write a rejection (an empty nombre) for each of ``rows``."""
    faults = _json([{"code": "required_missing", "params": {"columns": ["nombre"]}}])
    await connection.executemany(
        "INSERT INTO task_row_errors (proveedor_id, task_id, fila, faults) VALUES ($1, $2, $3, $4)",
        [(proveedor_id, task_id, fila, faults) for fila in rows],
    )


async def insert_batch(
    connection: asyncpg.Connection,
    task_id: UUID,
    cursor: int,
    outputs: list[str],
    *,
    proveedor_id: str = "PROV001",
) -> None:
    """Write a committed batch that ended at row ``cursor``."""
    await connection.execute(
        """
        INSERT INTO task_batches (proveedor_id, task_id, cursor, epoch, successful, failed, outputs)
        VALUES ($1, $2, $3, 1, $4, 0, $5)
        """,
        proveedor_id, task_id, cursor, len(outputs), outputs,
    )  # fmt: skip


async def insert_product(connection: asyncpg.Connection, product_id: str, **columns: Any) -> None:
    """Write a product; columns that are not given have values of no interest."""
    values: dict[str, Any] = {
        "proveedor_id": "PROV001",
        "id": product_id,
        "nombre": "Guantes",
        "codigo": product_id,
        "categoria": "Insumos",
        "precio_unitario": 1,
        "certificado_sanitario": "INVIMA 1",
        "condiciones_almacenamiento": "Seco",
        "tiempo_entrega_dias": 5,
        "presentacion": None,
        "stock_minimo": 10,
        "stock_critico": 5,
        "requiere_lote": False,
        "requiere_vencimiento": True,
        "accepted_at": datetime.now(UTC),
        "task_id": UUID(int=0),
    } | columns
    places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
    await connection.execute(
        f"INSERT INTO products ({', '.join(values)}) VALUES ({places})", *values.values()
    )


def _json(value: Any) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()
