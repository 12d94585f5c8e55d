"""The readers that are compared read the same file, and the figures are theirs."""

from pathlib import Path

import pytest

from bench.files import WRITERS, catalogue_rows
from bench.one_reader import WAYS
from bench.readers import Reading, measure_readers, reader_medians

ROWS = 250


@pytest.mark.parametrize(("format", "way"), [(format, way) for format, ways in WAYS.items() for way in ways])
def test_every_way_sees_every_row(format: str, way: str, tmp_path: Path) -> None:
    file = tmp_path / f"catalogue.{format}"
    WRITERS[format](file, catalogue_rows(ROWS))
    assert WAYS[format][way](file) == ROWS


async def test_each_way_is_a_process_with_a_peak_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.readers.WAYS", {"csv": {"csv.reader": None, "carga": None}})
    readings = [reading async for reading in measure_readers(tmp_path, ROWS, 2)]
    assert [(r.repeat, r.way, r.rows) for r in readings] == [
        (1, "csv.reader", ROWS), (1, "carga", ROWS), (2, "csv.reader", ROWS), (2, "carga", ROWS)
    ]  # fmt: skip
    assert all(0 < reading.peak_rss < 100_000_000 and reading.seconds > 0 for reading in readings)


def test_medians_are_of_one_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.readers.WAYS", {"csv": {"a": None, "b": None}})
    readings = [
        Reading(n, "csv", way, 10, n * cost, n) for n in (1, 2, 5) for way, cost in (("a", 1), ("b", 3))
    ]
    rows = [
        (row["way"], row["seconds"], row["rows_per_second"], row["peak_rss"])
        for row in reader_medians(readings)
    ]
    assert rows == [("a", 2, 5, 5), ("b", 6, 10 / 6, 5)]
