"""Celery + pandas + COPY: ``DataFrame.to_sql`` with the insertion method that pandas' documentation shows for
PostgreSQL, into a temporary table, and one upsert from there.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from celery import Task
from sqlalchemy import Connection, text

from bench.peers.app import app
from bench.peers.bulk import chunks_of, last_of_each
from bench.peers.checks import check_frame
from bench.peers.products import Product, engine

_COLUMNS = [column.name for column in Product.__table__.columns if column.name != "updated_at"]
_STAGE = f"""
CREATE TEMP TABLE staging ON COMMIT DROP AS SELECT {", ".join(_COLUMNS)} FROM products WITH NO DATA
"""
_UPSERT = f"""
INSERT INTO products ({", ".join(_COLUMNS)}) SELECT {", ".join(_COLUMNS)} FROM staging
    ON CONFLICT (proveedor_id, id) DO UPDATE
   SET {", ".join(f"{name} = excluded.{name}" for name in _COLUMNS)}, updated_at = now()
RETURNING xmax = 0
"""


@app.task(bind=True, name="bulk_copy")
def import_bulk_copy(self: Task, path: str, proveedor_id: str) -> dict[str, Any]:
    """Import a CSV, a transaction and a word about progress each chunk."""
    upload: dict[str, Any] = {
        "proveedor_id": proveedor_id,
        "accepted_at": datetime.now(UTC),
        "task_id": str(uuid4()),
    }
    created, updated, errors = 0, 0, []
    for chunk in chunks_of(path):
        good, faults = check_frame(chunk)
        errors += [{"fila": place + 2, "error": fault} for place, fault in faults.items()]
        rows = last_of_each(good).assign(**upload)[_COLUMNS]
        with engine().begin() as connection:
            connection.execute(text(_STAGE))
            rows.to_sql("staging", connection, if_exists="append", index=False, method=_copy)
            new = sum(connection.execute(text(_UPSERT)).scalars())
        created, updated = created + new, updated + len(rows) - new
        self.update_state(state="PROGRESS", meta={"processed": created + updated + len(errors)})
    return {"created": created, "updated": updated, "errors": errors}


def _copy(table: Any, connection: Connection, keys: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """pandas' "psql_insert_copy", with psycopg 3. An empty cell is NULL."""
    content = io.StringIO()
    csv.writer(content).writerows(rows)
    cursor = connection.connection.cursor()
    with cursor.copy(f"COPY {table.name} ({', '.join(keys)}) FROM STDIN WITH (FORMAT csv)") as copy:
        copy.write(content.getvalue())
