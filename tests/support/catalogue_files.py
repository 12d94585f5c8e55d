"""Small catalogue files, and what the reference model makes of them."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import asyncpg

from common.catalog import COLUMN_NAMES
from common.messages import UploadMessage
from tests.reference import Catalogue, Outcome, UploadRow

Row = Mapping[str, str]


def product(id: str, codigo: str | None = None, **cells: str) -> dict[str, str]:
    """A sound row."""
    sound = {"nombre": f"Producto {id}", "categoria": "Curación", "precio_unitario": "12.50"}
    sound |= {"certificado_sanitario": "INVIMA 1", "condiciones_almacenamiento": "Seco"}
    return {"id": id, "codigo": codigo or f"C-{id}", "tiempo_entrega_dias": "3"} | sound | cells


def products(count: int, *, faulty_every: int = 0, first: int = 1) -> list[dict[str, str]]:
    """So many rows; every ``faulty_every``-th has a price that is none."""
    rows = [product(f"P{number:05}") for number in range(first, first + count)]
    for row in rows[faulty_every - 1 :: faulty_every] if faulty_every else []:
        row["precio_unitario"] = "gratis"
    return rows


def csv_file(
    rows: Iterable[Row | Sequence[str]], header: Sequence[str] = COLUMN_NAMES, **dialect: Any
) -> bytes:
    """The rows as a CSV; a row that is a sequence of cells is written as it is."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, **dialect)
    writer.writerow(header)
    for row in rows:
        writer.writerow([row.get(name, "") for name in header] if isinstance(row, Mapping) else row)
    return text.getvalue().encode()


def expected_outcome(catalogue: Catalogue, upload: UploadMessage, rows: Sequence[Row]) -> Outcome:
    """What the reference says of rows that follow the header without a gap."""
    numbered: list[UploadRow] = list(enumerate(rows, start=2))
    return catalogue.apply(
        numbered,
        proveedor_id=upload.proveedor_id,
        replace=upload.reemplazar_duplicados,
        accepted_at=upload.accepted_at,
        task_id=upload.task_id,
    )


async def products_in(connection: asyncpg.Connection, proveedor_id: str) -> list[dict[str, Any]]:
    """A provider's products as the reference gives them: by id, every column of the file."""
    rows = await connection.fetch(
        f"SELECT {', '.join(COLUMN_NAMES)} FROM products WHERE proveedor_id = $1", proveedor_id
    )
    return sorted((dict(row) for row in rows), key=lambda row: str(row["id"]))
