"""The chart of ``bench import``: rows per second of every way, an SVG to be read in light and in dark."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.figures import Row, find
from bench.peers.driver import PEERS
from bench.speed_tables import PASSES, WAYS
from common.texts import Language, Text, render

#: A way, its size and its rows per second by pass.
Bar = tuple[str, Row, dict[str, float]]

_TITLE = Text("Filas importadas por segundo", "Rows imported per second")
_GREY = "#7d8590"  # to be read on white and on black
_COLORS = {"insert": "#2f81f7", "update": "#e3892b"}
_THICKNESS = 0.38
#: Texts stay texts, in a font of the reader's; the same figures make the same file.
_SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "carga",
    "font.family": "sans-serif",
    "font.size": 11,
    "text.color": _GREY,
    "axes.labelcolor": _GREY,
    "xtick.color": _GREY,
    "ytick.color": _GREY,
}


def write_chart(path: Path, report: Row, language: Language) -> None:
    """Draw the floor and Carga at the first size of each format, and the peers."""
    bars = chart_bars(report)
    with mpl.rc_context(_SETTINGS):
        figure = Figure(figsize=(8.6, 0.9 + 0.62 * len(bars)), layout="constrained")
        axes = figure.subplots()
        for place, writes in enumerate(PASSES):
            _draw_pass(axes, bars, writes, place - 0.5, render(PASSES[writes], {}, language))
        _dress(axes, [_label(way, size, language) for way, size, _ in bars])
        axes.set_title(render(_TITLE, {}, language), fontsize=14, loc="left")
        figure.savefig(path, format="svg", transparent=True, metadata={"Date": None})


def chart_bars(report: Row) -> list[Bar]:
    """Return the ways in the order of the chart."""
    carga = [("floor", "csv"), ("carga", "csv"), ("carga", "xlsx")]
    bars: list[Bar] = []
    for way, format in (*carga, *((peer, "csv") for peer in PEERS)):
        first = find(report["medians"], way=way, format=format)
        if first is not None:
            size = {"way": way, "format": format, "rows": first["rows"]}
            rows = [row for row in report["medians"] if row.items() >= size.items()]
            bars.append((way, first, {row["writes"]: row["rows_per_second"] for row in rows}))
    return bars


def _draw_pass(axes: Axes, bars: list[Bar], writes: str, offset: float, words: str) -> None:
    places = [place + offset * _THICKNESS for place, (_, _, speeds) in enumerate(bars) if writes in speeds]
    speeds = [speeds[writes] for _, _, speeds in bars if writes in speeds]
    if speeds:
        drawn = axes.barh(places, speeds, height=_THICKNESS, color=_COLORS[writes], label=words)
        axes.bar_label(drawn, labels=[f"{speed:,.0f}" for speed in speeds], padding=4, fontsize=10)


def _dress(axes: Axes, labels: Sequence[str]) -> None:
    axes.set_yticks(range(len(labels)), labels)
    axes.invert_yaxis()  # the first at the top
    axes.set_xticks([])  # every bar says its figure
    axes.tick_params(length=0)
    axes.margins(x=0.12)
    axes.spines[:].set_visible(False)
    axes.legend(loc="lower right", frameon=False)


def _label(way: str, size: Row, language: Language) -> str:
    name = render(WAYS[way], {}, language)
    return f"{name}, {size['format'].upper()} {size['rows']:,}" if way == "carga" else name
