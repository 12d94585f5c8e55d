"""The chart of ``bench import``: rows per second of every way, an SVG to be read in light and in dark."""

from pathlib import Path

import pygal
from pygal.style import Style

from bench.figures import Row, find
from bench.peers.driver import PEERS
from bench.speed_tables import PASSES, WAYS
from common.texts import Language, Text, render

_TITLE = Text("Filas por segundo (medianas de {repeats})", "Rows per second (medians of {repeats})")
_GREY = "#7a828e"  # to be read on white and on black
_STYLE = Style(
    background="transparent",
    plot_background="transparent",
    foreground=_GREY,
    foreground_strong=_GREY,
    foreground_subtle=_GREY,
    colors=("#2f81f7", "#e3892b"),
    opacity="1",
    font_family="system-ui, sans-serif",
    value_font_family="system-ui, sans-serif",
    title_font_size=18,
    label_font_size=14,
    major_label_font_size=14,
    legend_font_size=14,
    value_font_size=13,
    value_colors=(_GREY, _GREY),
)


def write_chart(path: Path, report: Row, language: Language) -> None:
    """Draw the first size of each format, the floor beside it and the peers."""
    bars = chart_bars(report)
    chart = pygal.HorizontalBar(
        style=_STYLE,
        title=render(_TITLE, report, language),
        width=860,
        height=110 + 52 * len(bars),
        js=(),
        show_y_guides=False,
        print_values=True,
        print_values_position="top",
        value_formatter=lambda speed: f"{speed:,.0f}",
        legend_at_bottom=True,
        explicit_size=True,
    )
    bars = bars[::-1]  # the first at the top
    chart.x_labels = [_label(way, size, language) for way, size, _ in bars]
    for writes, words in PASSES.items():
        speeds = [speed.get(writes) for _, _, speed in bars]
        if any(speeds):
            chart.add(render(words, {}, language), speeds)
    path.write_bytes(chart.render())


def chart_bars(report: Row) -> list[tuple[str, Row, dict[str, float]]]:
    """Return the ways in the order of the chart, each with its size and its rows per second by pass."""
    rows, bars = report["medians"], []
    for way, format in [
        ("floor", "csv"),
        ("carga", "csv"),
        ("carga", "xlsx"),
        *((peer, "csv") for peer in PEERS),
    ]:
        first = find(rows, way=way, format=format)
        if first is None:
            continue
        same = [
            row for row in rows if (row["way"], row["format"], row["rows"]) == (way, format, first["rows"])
        ]
        bars.append((way, first, {row["writes"]: row["rows_per_second"] for row in same}))
    return bars


def _label(way: str, size: Row, language: Language) -> str:
    name = render(WAYS[way], {}, language)
    return f"{name}, {size['format'].upper()}" if way == "carga" else name
