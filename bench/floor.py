"""The SQL-only floor: what the same PostgreSQL takes for the same rows without any service.

COPY from a file on the server into a staging table, then one set-based upsert into the same table with the
same indexes and constraints (DESIGN section 7).
"""

import time
from pathlib import Path
from typing import LiteralString
from uuid import uuid4

import psycopg
from psycopg import sql

from common.catalog import COLUMN_NAMES

_COLUMNS = sql.SQL(", ").join(map(sql.Identifier, COLUMN_NAMES))

_STAGE: LiteralString = "CREATE UNLOGGED TABLE staging AS SELECT {columns} FROM products WITH NO DATA"
_COPY: LiteralString = "COPY staging FROM {file} (FORMAT csv, HEADER true)"
_UPSERT: LiteralString = """
INSERT INTO products ({columns}, proveedor_id, accepted_at, task_id)
SELECT {columns}, {provider}, now(), {task_id} FROM staging
    ON CONFLICT (proveedor_id, id) DO UPDATE
   SET ({columns}, accepted_at, task_id, updated_at)
     = ({excluded}, excluded.accepted_at, excluded.task_id, now())
"""


async def timed_floor(database_url: str, file: Path, proveedor_id: str) -> float:
    """Upsert the rows of a CSV that the server can read; return the seconds until they are committed.

    The user of ``database_url`` must be one whom PostgreSQL lets read files.
    """
    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        started = time.monotonic()
        await connection.execute(sql.SQL(_STAGE).format(columns=_COLUMNS))
        await connection.execute(sql.SQL(_COPY).format(file=sql.Literal(str(file))))
        await connection.execute(_upsert(proveedor_id))
        await connection.commit()
        seconds = time.monotonic() - started
        await connection.execute("DROP TABLE staging")
        return seconds


def _upsert(proveedor_id: str) -> sql.Composed:
    excluded = sql.SQL(", ").join(sql.Identifier("excluded", name) for name in COLUMN_NAMES)
    return sql.SQL(_UPSERT).format(
        columns=_COLUMNS,
        excluded=excluded,
        provider=sql.Literal(proveedor_id),
        task_id=sql.Literal(uuid4()),
    )
