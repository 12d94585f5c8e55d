"""The chart says what was measured."""

import re
from pathlib import Path

import pytest

from bench.chart import chart_bars, write_chart
from bench.figures import Row
from common.texts import Language


def row(way: str, rows: int, writes: str, speed: float, *, format: str = "csv") -> Row:
    return {"way": way, "format": format, "rows": rows, "writes": writes, "rows_per_second": speed}


REPORT: Row = {
    "repeats": 5,
    "medians": [
        row("floor", 200, "insert", 210_000),
        row("carga", 200, "insert", 190_000),
        row("carga", 200, "update", 110_000),
        row("carga", 900, "insert", 180_000),
        row("carga", 100, "insert", 90_000, format="xlsx"),
        row("row_by_row", 20, "insert", 812.4),
    ],
}


def texts(path: Path) -> set[str]:
    return set(re.findall(r"<text[^>]*>([^<]*)</text>", path.read_text()))


def test_the_first_size_of_each_way_is_a_bar() -> None:
    bars = [(way, size["rows"], speeds) for way, size, speeds in chart_bars(REPORT)]
    assert bars == [
        ("floor", 200, {"insert": 210_000}),
        ("carga", 200, {"insert": 190_000, "update": 110_000}),
        ("carga", 100, {"insert": 90_000}),
        ("row_by_row", 20, {"insert": 812.4}),
    ]


@pytest.mark.parametrize(("language", "word"), [("es", "todas nuevas"), ("en", "all new")])
def test_the_chart_is_small_and_shows_every_figure(tmp_path: Path, language: Language, word: str) -> None:
    path = tmp_path / "chart.svg"
    write_chart(path, REPORT, language)
    assert {"210,000", "190,000", "110,000", "90,000", "812", word} <= texts(path)
    assert path.stat().st_size < 40_000
    assert "@font-face" not in path.read_text()


def test_the_same_figures_make_the_same_file(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_chart(tmp_path / name, REPORT, "es")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
