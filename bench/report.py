"""The figures as tables for a person."""

from typing import Any

from rich.table import Table

from bench.memory import MEGABYTE, MemoryFigures
from cli.screen import Screen
from common.texts import Text

_MACHINE = Text(
    "{cores} núcleos ({cpu}), {memory_gib} GiB, Linux {kernel}, carga {load}; Python {python}, "
    "PostgreSQL {postgresql}, LocalStack {localstack}",
    "{cores} cores ({cpu}), {memory_gib} GiB, Linux {kernel}, load {load}; Python {python}, "
    "PostgreSQL {postgresql}, LocalStack {localstack}",
)
_HOST = Text(
    "{cores} núcleos ({cpu}), {memory_gib} GiB, Linux {kernel}, carga {load}; Python {python}",
    "{cores} cores ({cpu}), {memory_gib} GiB, Linux {kernel}, load {load}; Python {python}",
)
_READERS = Text(
    "Leer {rows:,} filas de 13 columnas: medianas de {repeats}",
    "Reading {rows:,} rows of 13 columns: medians of {repeats}",
)
_READER_COLUMNS = (
    Text("Formato", "Format"),
    Text("Lector", "Reader"),
    Text("Segundos", "Seconds"),
    Text("Filas/s", "Rows/s"),
    Text("Memoria máxima", "Peak memory"),
)
_READER_WAYS = {
    "carga": Text("Carga, solo leer", "Carga, reading alone"),
    "carga_checked": Text("Carga, leer y comprobar", "Carga, reading and checking"),
}
_SPEED = Text(
    "Importar {rows:,} filas de {format}: del 202 al final, medianas de {repeats}",
    "Importing {rows:,} rows of {format}: from the 202 to the end, medians of {repeats}",
)
_MEMORY = Text(
    "Memoria: un CSV de {rows:,} filas, {megabytes} MB", "Memory: a CSV of {rows:,} rows, {megabytes} MB"
)
_WAYS = {
    "floor": Text("solo SQL (el suelo)", "SQL alone (the floor)"),
    "import": Text("Carga", "Carga"),
}
_PASSES = {
    "insert": Text("todas nuevas", "all new"),
    "update": Text("todas existentes", "all existing"),
}
_SPEED_COLUMNS = (
    Text("Filas", "Rows"),
    Text("Modo", "Way"),
    Text("Segundos", "Seconds"),
    Text("Mejor y peor", "Best and worst"),
    Text("Filas/s", "Rows/s"),
    Text("Del suelo", "Of the floor"),
)
_LIMITS = {
    "api_growth": Text("La API crece, al recibirlo", "The API grows, taking it"),
    "worker_and_children": Text(
        "El worker con todos sus procesos, al importarlo", "The worker and all its processes, importing it"
    ),
}
_MEMORY_COLUMNS = (
    Text("Medida", "Measure"),
    Text("Como mucho", "At most"),
    Text("Límite", "Limit"),
    Text("¿Se cumple?", "Does it hold?"),
)
_YES, _NO = Text("sí", "yes"), Text("NO", "NO")
_SAMPLED = Text(
    "Muestras a 20 Hz: API {api} MB de {api_idle} en reposo; worker e hijos {worker} MB (PSS {pss} MB)",
    "Sampled at 20 Hz: API {api} MB from {api_idle} idle; worker and children {worker} MB (PSS {pss} MB)",
)


def show_machine(screen: Screen, machine: dict[str, Any]) -> None:
    """Say what it was measured on."""
    screen.show(_MACHINE, **machine)


def show_speed(screen: Screen, document: dict[str, Any]) -> None:
    """Show the medians of ``bench import``."""
    file, repeats = document["file"], document["repeats"]
    table = _table(screen, _SPEED, _SPEED_COLUMNS, left=2, **file, repeats=repeats)
    for row in document["medians"]:
        table.add_row(
            screen.words(_PASSES[row["writes"]]),
            screen.words(_WAYS[row["way"]]),
            f"{row['seconds']:.2f}",
            f"{row['fastest']:.2f} – {row['slowest']:.2f}",
            f"{row['rows_per_second']:,.0f}",
            f"{row['ratio_to_floor']:.2f}",
        )
    screen.out.print(table)


def show_readers(screen: Screen, document: dict[str, Any]) -> None:
    """Show the machine and the medians of ``bench readers``."""
    screen.show(_HOST, **document["machine"])
    numbers = {"rows": document["rows"], "repeats": document["repeats"]}
    table = _table(screen, _READERS, _READER_COLUMNS, left=2, **numbers)
    for row in document["medians"]:
        way = row["way"]
        table.add_row(
            row["format"].upper(),
            screen.words(_READER_WAYS[way]) if way in _READER_WAYS else way,
            f"{row['seconds']:.2f}",
            f"{row['rows_per_second']:,.0f}",
            f"{_megabytes(row['peak_rss'])} MB",
        )
    screen.out.print(table)


def show_memory(screen: Screen, figures: MemoryFigures) -> None:
    """Show the limits of ``bench memory`` and what the samples saw."""
    size = _megabytes(figures.file_bytes)
    table = _table(screen, _MEMORY, _MEMORY_COLUMNS, left=1, rows=figures.rows, megabytes=size)
    for limit in figures.limits:
        verdict = screen.words(_YES if limit.holds else _NO)
        table.add_row(
            screen.words(_LIMITS[limit.name]),
            f"{_megabytes(limit.measured)} MB",
            f"< {_megabytes(limit.limit)} MB",
            verdict,
        )
    screen.out.print(table)
    screen.show(
        _SAMPLED,
        api=_megabytes(figures.api.rss),
        api_idle=_megabytes(figures.api_idle),
        worker=_megabytes(figures.worker.rss),
        pss="–" if figures.worker.pss is None else _megabytes(figures.worker.pss),
    )


def _table(screen: Screen, title: Text, columns: tuple[Text, ...], *, left: int, **params: Any) -> Table:
    table = Table(title=screen.words(title, **params))
    for place, column in enumerate(columns):
        table.add_column(screen.words(column), justify="left" if place < left else "right")
    return table


def _megabytes(size: int) -> str:
    return f"{size / MEGABYTE:.1f}"
