"""From what was measured to what is said of it."""

import pytest

from bench.memory import MemoryFigures, as_document
from bench.processes import Peak
from bench.speed import Run, speed_medians
from bench.tables import MEGABYTE


def runs(way: str, writes: str, *seconds: float) -> list[Run]:
    return [Run(repeat, way, writes, 1000, each) for repeat, each in enumerate(seconds, start=1)]


def test_medians_are_told_beside_the_floor_of_the_same_pass() -> None:
    measured = [
        *runs("floor", "insert", 0.5, 1.0, 9.0),
        *runs("import", "insert", 2.0, 3.0, 1.0),
        *runs("floor", "update", 2.0, 2.0, 2.0),
        *runs("import", "update", 4.0, 8.0, 5.0),
    ]
    table = {(row["writes"], row["way"]): row for row in speed_medians(measured)}
    assert len(table) == 4
    insert, update = table["insert", "import"], table["update", "import"]
    assert (insert["seconds"], insert["least"], insert["most"]) == (2.0, 1.0, 3.0)
    assert (insert["rows_per_second"], insert["ratio_to_floor"]) == (500.0, 0.5)
    assert (update["rows_per_second"], update["ratio_to_floor"]) == (200.0, 0.4)
    assert table["insert", "floor"]["ratio_to_floor"] == 1.0


@pytest.mark.parametrize(
    ("api_growth", "worker", "holds"),
    [(63.9, 299.9, (True, True)), (64.0, 299.9, (False, True)), (63.9, 300.0, (True, False))],
)
def test_a_limit_holds_below_it(api_growth: float, worker: float, holds: tuple[bool, bool]) -> None:
    api = Peak(rss=round((100 + api_growth) * MEGABYTE), pss=1, own_peaks={1: 100})
    figures = MemoryFigures(
        rows=1,
        file_bytes=1,
        api_idle=100 * MEGABYTE,
        api=api,
        worker_idle=1,
        worker=Peak(rss=1, own_peaks={2: 100 * MEGABYTE, 3: round((worker - 100) * MEGABYTE)}),
    )
    assert tuple(limit.holds for limit in figures.limits) == holds
    assert tuple(limit["holds"] for limit in as_document(figures)["limits"]) == holds
