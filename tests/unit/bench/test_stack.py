"""Only imports that did their work count."""

from pathlib import Path
from typing import Any

import pytest

from bench.stack import Upload, WrongOutcome, check_outcome


def upload(*, replace: bool) -> Upload:
    return Upload(Path("f.csv"), rows=300, proveedor_id="PROV001", replace=replace)


def completed(**summary: int) -> dict[str, Any]:
    return {"status": "completed", "error": None, "result": {"resumen": summary}}


def test_an_import_that_did_its_work_counts() -> None:
    check_outcome(completed(productos_creados=297, rechazados=3), upload(replace=False))
    check_outcome(completed(productos_actualizados=297, rechazados=3), upload(replace=True))


@pytest.mark.parametrize(
    "status",
    [
        completed(productos_creados=296, rechazados=4),
        completed(productos_creados=297, rechazados=2),
        completed(productos_actualizados=297, rechazados=3),
        {"status": "failed", "error": "El archivo no se puede leer", "result": None},
    ],
)
def test_an_import_that_did_something_else_does_not(status: dict[str, Any]) -> None:
    with pytest.raises(WrongOutcome):
        check_outcome(status, upload(replace=False))
