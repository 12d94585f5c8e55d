"""django-import-export in bulk mode, tuned as its documentation says under "Bulk imports": ``use_bulk``,
``skip_diff``, the cached instance loader, faults found by widgets; a dataset of some thousand rows at a time.
"""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from uuid import uuid4

import tablib
from celery import Task

from bench.peers.app import app

_DATASET_ROWS = 10_000


@app.task(bind=True, name="django_bulk")
def import_django_bulk(self: Task, path: str, proveedor_id: str) -> dict[str, Any]:
    """Import a CSV, a transaction and a word about progress each dataset."""
    from bench.peers.django_products import ProductResource  # needs a Django that is set up

    resource = ProductResource(proveedor_id, datetime.now(UTC), uuid4())
    created, updated, errors, first = 0, 0, [], 2
    for dataset in _datasets(path):
        result = resource.import_data(dataset)
        created += result.totals["new"]
        updated += result.totals["update"]
        errors += [{"fila": first + row.number - 1, "error": str(row.error)} for row in result.invalid_rows]
        if (
            result.has_errors()
        ):  # of a whole batch, all of which is undone; bad rows are not errors but invalid
            raise RuntimeError(str(result.base_errors or result.row_errors()))
        first += len(dataset)
        self.update_state(state="PROGRESS", meta={"processed": first - 2})
    return {"created": created, "updated": updated, "errors": errors}


def _datasets(path: str) -> Iterator[tablib.Dataset]:
    with open(path, encoding="utf-8", newline="") as file:  # noqa: PTH123
        rows = csv.reader(file)
        headers = next(rows)
        while piece := list(islice(rows, _DATASET_ROWS)):
            yield tablib.Dataset(*piece, headers=headers)
