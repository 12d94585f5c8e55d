"""What the document and the tables of ``bench scale`` make of its runs."""

import io
from typing import Any

import pytest
from rich.console import Console

from bench.scale import ScalePlan, Throughput, Wait, scale_document
from bench.scale_report import show_scale
from cli.screen import Screen

RUNS: list[Throughput | Wait] = [
    *(Throughput(repeat, 1, 2, 1, 100, seconds) for repeat, seconds in enumerate((1.0, 9.0, 2.0))),
    *(Throughput(repeat, 2, 2, 4, 400, 5.0) for repeat in range(3)),
    *(Wait(repeat, "idle", True, seconds) for repeat, seconds in enumerate((0.1, 0.2, 0.9))),
    *(Wait(repeat, "many", True, 0.4) for repeat in range(3)),
    *(Wait(repeat, "many", False, 20.0) for repeat in range(3)),
]


@pytest.fixture
def document() -> dict[str, Any]:
    return scale_document(ScalePlan(rows=100, large_rows=1000, many=8, repeats=3), RUNS)


def test_files_at_once_are_held_against_one_alone(document: dict[str, Any]) -> None:
    alone, at_once = document["medians"]["throughput"]
    assert (alone["files"], alone["rows_per_second"], alone["ratio_to_one_alone"]) == (1, 50, 1)
    assert (at_once["files"], at_once["rows_per_second"], at_once["ratio_to_one_alone"]) == (4, 80, 1.6)


def test_waits_are_held_against_the_idle_system(document: dict[str, Any]) -> None:
    ratios = {(row["beside"], row["turns"]): row["ratio_to_idle"] for row in document["medians"]["waits"]}
    assert ratios == {("idle", True): 1, ("many", True): 2, ("many", False): 100}


def test_every_run_is_there_for_a_machine(document: dict[str, Any]) -> None:
    assert len(document["runs"]) == len(RUNS)
    assert document["runs"][-1] == {
        "measured": "wait", "repeat": 2, "beside": "many", "turns": False, "seconds": 20.0
    }  # fmt: skip
    assert document["plan"] == {"rows": 100, "large_rows": 1000, "many": 8, "repeats": 3, "small_rows": 300}


@pytest.mark.parametrize("language", ["es", "en"])
def test_both_languages_have_every_line(document: dict[str, Any], language: Any) -> None:
    screen = Screen(language)
    screen.out = Console(file=io.StringIO(), width=200)
    show_scale(screen, document)
    shown = screen.out.file.getvalue()  # type: ignore[attr-defined]
    assert "1.60" in shown
    assert "100.0" in shown
