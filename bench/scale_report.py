"""The figures of ``bench scale`` as tables for a person."""

from typing import Any

from rich.table import Table

from bench.scale import IDLE, LARGE, MANY, SAME, Throughput, Wait
from cli.screen import Screen
from common.texts import Text

_THROUGHPUT_RUN = Text(
    "  {repeat}. {files} archivos, {workers} workers de {slots} slots: {seconds:.2f} s, {speed:,.0f} filas/s",
    "  {repeat}. {files} files, {workers} workers of {slots} slots: {seconds:.2f} s, {speed:,.0f} rows/s",
)
_WAIT_RUN = Text(
    "  {repeat}. un archivo pequeño, {beside}: {seconds:.2f} s",
    "  {repeat}. a small file, {beside}: {seconds:.2f} s",
)
_THROUGHPUT = Text(
    "CSV de {rows:,} filas de distintos proveedores, a la vez: medianas de {repeats}",
    "CSV of {rows:,} rows of different providers, at once: medians of {repeats}",
)
_THROUGHPUT_COLUMNS = (
    Text("Archivos", "Files"),
    Text("Workers", "Workers"),
    Text("Slots de cada uno", "Slots of each"),
    Text("Segundos", "Seconds"),
    Text("Filas/s en total", "Rows/s in all"),
    Text("De uno solo", "Of one alone"),
)
_WAITS = Text(
    "Un CSV de {small_rows} filas, del 202 al final, en un worker: medianas de {repeats}",
    "A CSV of {small_rows} rows, from the 202 to the end, on one worker: medians of {repeats}",
)
_WAITS_COLUMNS = (
    Text("Mientras", "While"),
    Text("Segundos", "Seconds"),
    Text("Mejor y peor", "Best and worst"),
    Text("Del reposo", "Of idle"),
)
_BESIDE = {
    IDLE: Text("no hay nada más", "there is nothing else"),
    SAME: Text(
        "se importan {large_rows:,} filas del mismo proveedor",
        "{large_rows:,} rows of its provider are imported",
    ),
    LARGE: Text(
        "otros dos suben {large_rows:,} filas cada uno", "two others have sent {large_rows:,} rows each"
    ),
    MANY: Text("otro tiene {many} archivos en la cola", "another has {many} files on the queue"),
}
_UNRULED = Text("{beside}; por orden de llegada", "{beside}; first come, first served")


def say_scale(screen: Screen, run: Throughput | Wait) -> None:
    """Say what has just been measured."""
    if isinstance(run, Throughput):
        screen.say(_THROUGHPUT_RUN, **run._asdict(), speed=run.rows / run.seconds)
    else:
        screen.say(_WAIT_RUN, **run._asdict())


def show_scale(screen: Screen, document: dict[str, Any]) -> None:
    """Show the medians."""
    plan, medians = document["plan"], document["medians"]
    table = _table(screen, _THROUGHPUT, _THROUGHPUT_COLUMNS, left=0, plan=plan)
    for row in medians["throughput"]:
        table.add_row(
            *(str(row[name]) for name in ("files", "workers", "slots")),
            f"{row['seconds']:.2f}",
            f"{row['rows_per_second']:,.0f}",
            f"{row['ratio_to_one_alone']:.2f}",
        )
    screen.out.print(table)
    table = _table(screen, _WAITS, _WAITS_COLUMNS, left=1, plan=plan)
    for row in medians["waits"]:
        beside = screen.words(_BESIDE[row["beside"]], **plan)
        table.add_row(
            beside if row["turns"] else screen.words(_UNRULED, beside=beside),
            f"{row['seconds']:.2f}",
            f"{row['fastest']:.2f} – {row['slowest']:.2f}",
            f"{row['ratio_to_idle']:.1f}",
        )
    screen.out.print(table)


def _table(
    screen: Screen, title: Text, columns: tuple[Text, ...], *, left: int, plan: dict[str, Any]
) -> Table:
    table = Table(title=screen.words(title, **plan))
    for place, column in enumerate(columns):
        table.add_column(screen.words(column), justify="left" if place < left else "right")
    return table
