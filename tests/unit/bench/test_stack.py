"""Only imports that did their work count."""

from pathlib import Path
from typing import Any

import pytest

from bench.stack import Upload, WrongOutcome, check_outcome, pause_before_asking


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


@pytest.mark.parametrize(
    ("elapsed", "total", "processed", "pause"),
    [
        (0.01, None, 0, 0.005),  # nothing known: a tenth of the time so far
        (0.2, None, 0, 0.02),
        (9.0, 1000, 0, 0.05),
        (1.0, 1000, 100, 0.05),  # half of what is left, and not more than that
        (1.0, 1000, 950, 0.5 * 50 / 950),
        (1.0, 1000, 1000, 0.005),
    ],
)
def test_a_task_is_asked_for_seldom_far_from_its_end_and_often_near_it(
    elapsed: float, total: int | None, processed: int, pause: float
) -> None:
    progress = {"total": total, "processed": processed}
    assert pause_before_asking(elapsed, progress) == pytest.approx(pause)
