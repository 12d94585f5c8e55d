"""What the tables of all benchmarks share."""

from typing import Any

from rich.table import Table

from bench.figures import Row
from cli.screen import Screen
from common.texts import Text

MEGABYTE = 1_000_000

_HOST = Text(
    "{cores} núcleos ({cpu}), {memory_gib} GiB, Linux {kernel}, carga {load}; Python {python}",
    "{cores} cores ({cpu}), {memory_gib} GiB, Linux {kernel}, load {load}; Python {python}",
)
_STORES = Text(
    ", PostgreSQL {postgresql}, LocalStack {localstack}", ", PostgreSQL {postgresql}, LocalStack {localstack}"
)


def show_machine(screen: Screen, machine: Row) -> None:
    """Say what it was measured on, with or without stores."""
    words = screen.words(_HOST, **machine)
    if "postgresql" in machine:
        words += screen.words(_STORES, **machine)
    screen.out.print(words, soft_wrap=True)


def new_table(screen: Screen, title: Text, columns: tuple[Text, ...], *, left: int, **params: Any) -> Table:
    """Return a table whose first ``left`` columns hold words and the others figures."""
    table = Table(title=screen.words(title, **params))
    for place, column in enumerate(columns):
        table.add_column(screen.words(column), justify="left" if place < left else "right")
    return table


def megabytes(size: float) -> str:
    """Return bytes as megabytes, without the unit."""
    return f"{size / MEGABYTE:.1f}"
