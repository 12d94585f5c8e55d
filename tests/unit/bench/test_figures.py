"""From what was measured to what is said of it."""

from typing import NamedTuple

import pytest

from bench.figures import add_ratios, document, find, medians
from bench.memory import Footprint, memory_limits, memory_medians
from bench.speed import Run
from bench.speed_figures import speed_medians
from bench.tables import MEGABYTE


class Seen(NamedTuple):
    """Something measured."""

    way: str
    seconds: float


def runs(way: str, writes: str, *seconds: float, rows: int = 1000, format: str = "csv") -> list[Run]:
    return [Run(repeat, way, format, rows, writes, each) for repeat, each in enumerate(seconds, start=1)]


def footprint(rows: int, worker: float, *, format: str = "csv", api_growth: float = 1) -> Footprint:
    sizes = {"api_growth": round(api_growth * MEGABYTE), "worker_peaks": round(worker * MEGABYTE)}
    return Footprint(
        1,
        format,
        rows,
        file=1,
        api_idle=1,
        worker_idle=1,
        worker_rss=1,
        worker_pss=None,
        processes=2,
        **sizes,
    )


def test_medians_are_of_one_group_and_keep_the_extremes() -> None:
    seen = [Seen("a", 3), Seen("b", 8), Seen("a", 1), Seen("a", 9)]
    assert medians(seen, by=("way",)) == [
        {"way": "a", "seconds": 3, "least": 1, "most": 9},
        {"way": "b", "seconds": 8, "least": 8, "most": 8},
    ]


def test_a_ratio_is_told_beside_another_row_where_there_is_one() -> None:
    rows = [{"way": "a", "speed": 6}, {"way": "b", "speed": 3}]
    add_ratios(rows, "ratio", "speed", lambda row: find(rows, way="b") if row["way"] == "a" else None)
    assert [row["ratio"] for row in rows] == [2, None]
    assert find(rows, way="c") is None


def test_a_document_says_what_was_measured_on_what() -> None:
    assert document("x", {"cores": 2}, rows=1) == {"benchmark": "x", "machine": {"cores": 2}, "rows": 1}


def test_an_import_is_told_beside_the_floor_of_the_same_rows_and_pass() -> None:
    measured = [
        *runs("floor", "insert", 0.5, 1.0, 9.0),
        *runs("carga", "insert", 2.0, 3.0, 1.0),
        *runs("floor", "update", 2.0, 2.0, 2.0),
        *runs("carga", "update", 4.0, 8.0, 5.0),
        *runs("floor", "insert", 1.0, rows=5000),
        *runs("carga", "insert", 4.0, rows=5000, format="xlsx"),
    ]
    table = {(row["writes"], row["way"], row["format"], row["rows"]): row for row in speed_medians(measured)}
    assert len(table) == 6
    insert, update = table["insert", "carga", "csv", 1000], table["update", "carga", "csv", 1000]
    assert (insert["seconds"], insert["least"], insert["most"]) == (2.0, 1.0, 3.0)
    assert (insert["rows_per_second"], insert["ratio_to_floor"]) == (500.0, 0.5)
    assert (update["rows_per_second"], update["ratio_to_floor"]) == (200.0, 0.4)
    assert table["insert", "floor", "csv", 1000]["ratio_to_floor"] == 1.0
    assert table["insert", "carga", "xlsx", 5000]["ratio_to_floor"] is None  # its floor was not measured


def test_sizes_are_told_beside_the_fastest_of_the_same_way() -> None:
    measured = [
        *runs("carga", "insert", 1.0, rows=1000),
        *runs("carga", "insert", 4.0, rows=5000),
        *runs("carga", "update", 1.0, rows=1000),
    ]
    assert [row["ratio_to_fastest"] for row in speed_medians(measured)] == [0.8, 1.0, None]


def test_a_peer_is_told_beside_the_first_size_of_csv() -> None:
    measured = [
        *runs("carga", "insert", 1.0, rows=500, format="xlsx"),
        *runs("carga", "insert", 1.0, rows=9000),
        *runs("carga", "insert", 1.0, rows=1000),
        *runs("row_by_row", "insert", 2.0, rows=200),
    ]
    peer = find(speed_medians(measured), way="row_by_row")
    assert peer is not None
    assert (peer["carga_is"], peer["carga_rows"], peer["ratio_to_floor"]) == (90, 9000, None)


@pytest.mark.parametrize(
    ("format", "api_growth", "worker", "holds"),
    [
        ("csv", 63.9, 299.9, (True, True)),
        ("csv", 64.0, 299.9, (False, True)),
        ("csv", 63.9, 300.0, (True, False)),
        ("xlsx", 63.9, 1499.9, (True, True)),
        ("xlsx", 63.9, 1500.0, (True, False)),
    ],
)
def test_a_limit_holds_below_it(
    format: str, api_growth: float, worker: float, holds: tuple[bool, bool]
) -> None:
    seen = [footprint(1, worker, format=format, api_growth=api_growth)]
    assert tuple(limit.holds for limit in memory_limits(memory_medians(seen))) == holds


@pytest.mark.parametrize(("largest", "holds"), [(119.9, True), (120.1, False)])
def test_memory_grows_little_from_the_smallest_csv_to_the_largest(largest: float, *, holds: bool) -> None:
    seen = [footprint(50, largest), footprint(10, 100), footprint(99, 500, format="xlsx")]
    growth = memory_limits(memory_medians(seen))[-1]
    assert (growth.name, growth.rows, growth.holds) == ("worker_growth", 50, holds)
    assert growth.measured == pytest.approx(largest / 100)


def test_memory_is_told_by_medians_and_what_nobody_could_see_is_left_out() -> None:
    seen = [footprint(10, worker) for worker in (1, 7, 3)]
    (row,) = memory_medians(seen)
    assert (row["format"], row["rows"], row["worker_peaks"], row["worker_pss"]) == ("csv", 10, 3e6, None)
