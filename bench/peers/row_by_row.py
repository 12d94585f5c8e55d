"""Celery + pandas + SQLAlchemy, row by row: what most people write.

Every row is looked up, changed or added, and committed by itself: one that the database refuses must not undo
those before it.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pandas as pd
from celery import Task
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bench.peers.app import app
from bench.peers.checks import check_row
from bench.peers.products import Product, engine

_PROGRESS_EVERY_ROWS = 10


@app.task(bind=True, name="row_by_row")
def import_row_by_row(self: Task, path: str, proveedor_id: str) -> dict[str, Any]:
    """Import a CSV; progress is told every ten rows, as in Celery's documentation of custom states."""
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    upload = {"proveedor_id": proveedor_id, "accepted_at": datetime.now(UTC), "task_id": uuid4()}
    counts, errors = {"created": 0, "updated": 0}, []
    with Session(engine()) as session:
        for number, (_, row) in enumerate(frame.iterrows(), start=1):
            try:
                counts[_save(session, check_row(row) | upload)] += 1
                session.commit()
            except (ValueError, SQLAlchemyError) as error:
                session.rollback()
                errors.append({"fila": number + 1, "error": str(error)})
            if number % _PROGRESS_EVERY_ROWS == 0:
                self.update_state(state="PROGRESS", meta={"processed": number, "total": len(frame)})
    return {**counts, "errors": errors}


def _save(session: Session, values: dict[str, Any]) -> str:
    wanted = select(Product).filter_by(proveedor_id=values["proveedor_id"], id=values["id"])
    product = session.scalars(wanted).one_or_none()
    if product is None:
        session.add(Product(**values))
        return "created"
    for name, value in values.items():
        setattr(product, name, value)
    return "updated"
