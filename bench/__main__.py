"""``python -m bench``, which ``./carga bench`` calls: the benchmarks and their options.

A benchmark ``x`` measures in ``bench/x.py`` and tells in ``bench/x_report.py``; here it has one command.
"""

from pathlib import Path
from typing import Annotated

import typer

from bench.command import JsonOption, run
from bench.events import EventsPlan
from bench.events_report import report_events
from bench.import_files import Size
from bench.memory_report import report_memory
from bench.readers_report import report_readers
from bench.scale import ScalePlan
from bench.scale_report import report_scale
from bench.speed import SpeedPlan
from bench.speed_report import report_speed
from bench.status import StatusPlan
from bench.status_report import report_status
from bench.upload import UploadPlan
from bench.upload_report import report_upload

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Mide con los servicios y almacenes de verdad. / Measure with the real services and stores.",
)


CsvRows = Annotated[
    list[int] | None, typer.Option(min=1, help="Filas de un CSV; se repite. / Rows of a CSV; repeatable.")
]
XlsxRows = Annotated[
    list[int] | None,
    typer.Option(min=1, help="Filas de un XLSX; se repite. / Rows of an XLSX; repeatable."),
]


@app.command("import")
def speed(
    rows: CsvRows = None,
    xlsx: XlsxRows = None,
    repeat: Annotated[int, typer.Option(min=1, help="Repeticiones. / Repetitions.")] = 5,
    peers: Annotated[
        bool, typer.Option("--peers", help="También como lo hacen otros. / The way others do it as well.")
    ] = False,
    inserts_only: Annotated[
        bool, typer.Option("--inserts-only", help="Sin actualizaciones. / No updates.")
    ] = False,
    chart: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Dibujo SVG del resultado. / SVG chart of the result.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Filas por segundo, junto al mínimo que pide PostgreSQL. / Rows per second, beside SQL alone.

    Sin tamaños, un CSV de 200.000. / Without sizes, a CSV of 200,000.
    """
    sizes = _sizes(rows, xlsx)
    if not rows and (peers or not xlsx):
        sizes = (Size("csv", 200_000), *sizes)
    plan = SpeedPlan(sizes, repeat, peers=peers, updates=not inserts_only)
    run(lambda screen: report_speed(screen, plan, chart, as_json=as_json), as_json=as_json)


@app.command()
def memory(
    rows: CsvRows = None,
    xlsx: XlsxRows = None,
    repeat: Annotated[int, typer.Option(min=1, help="Repeticiones. / Repetitions.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Memoria de la API y del worker; 1 si exceden su límite. / Memory of both; 1 when above its limit.

    Sin tamaños, un CSV de 1.000.000. / Without sizes, a CSV of 1,000,000.
    """
    sizes = _sizes(rows, xlsx) or (Size("csv", 1_000_000),)
    run(lambda screen: report_memory(screen, sizes, repeat, as_json=as_json), as_json=as_json)


@app.command()
def readers(
    rows: Annotated[int, typer.Option(min=1, help="Filas del archivo. / Rows of the file.")] = 100_000,
    repeat: Annotated[int, typer.Option(min=1, help="Repeticiones. / Repetitions.")] = 3,
    as_json: JsonOption = False,
) -> None:
    """Leer CSV y XLSX, junto a otras bibliotecas. / Reading CSV and XLSX, beside other libraries."""
    run(lambda screen: report_readers(screen, rows, repeat, as_json=as_json), as_json=as_json)


@app.command()
def scale(
    rows: Annotated[int, typer.Option(min=1, help="Filas de cada archivo. / Rows of each file.")] = 100_000,
    large_rows: Annotated[
        int, typer.Option(min=1, help="Filas del archivo grande. / Rows of the large file.")
    ] = 300_000,
    many: Annotated[
        int, typer.Option(min=1, max=1000, help="Archivos de otro proveedor. / Files of another provider.")
    ] = 200,
    repeat: Annotated[int, typer.Option(min=1, help="Repeticiones. / Repetitions.")] = 3,
    as_json: JsonOption = False,
) -> None:
    """Más workers, y quién espera a quién. / More workers, and who waits for whom."""
    plan = ScalePlan(rows, large_rows, many, repeat)
    run(lambda screen: report_scale(screen, plan, as_json=as_json), as_json=as_json)


@app.command()
def upload(
    clients: Annotated[int, typer.Option(min=1, help="Cargas a la vez. / Uploads at once.")] = 32,
    uploads: Annotated[int, typer.Option(min=1, help="Cargas por medida. / Uploads a measurement.")] = 640,
    repeat: Annotated[int, typer.Option(min=1, help="Repeticiones. / Repetitions.")] = 5,
    as_json: JsonOption = False,
) -> None:
    """Hasta el 202, junto a las tres llamadas. / Time to the 202, beside the three calls it is made of."""
    plan = UploadPlan(clients, uploads, repeat)
    run(lambda screen: report_upload(screen, plan, as_json=as_json), as_json=as_json)


@app.command()
def status(
    tasks: Annotated[int, typer.Option(min=1, help="Tareas distintas. / Distinct tasks.")] = 1000,
    connections: Annotated[int, typer.Option(min=1, help="Conexiones. / Connections.")] = 64,
    seconds: Annotated[float, typer.Option(min=0.1, help="Por medida. / For each measurement.")] = 3,
    repeat: Annotated[int, typer.Option(min=1, help="Repeticiones. / Repetitions.")] = 5,
    as_json: JsonOption = False,
) -> None:
    """Consultas de estado por segundo. / Status questions a second, beside a bare route."""
    plan = StatusPlan(tasks, connections, seconds, repeat)
    run(lambda screen: report_status(screen, plan, as_json=as_json), as_json=as_json)


@app.command()
def events(
    listeners: Annotated[int, typer.Option(min=1, max=700, help="Oyentes. / Listeners.")] = 500,
    cut_every: Annotated[
        int, typer.Option(min=1, help="Uno de cada tantos sufre cortes. / One in so many is cut off.")
    ] = 5,
    rows: Annotated[int, typer.Option(min=1, help="Filas del archivo. / Rows of the file.")] = 30_000,
    rounds: Annotated[int, typer.Option(min=1, help="Cargas, una tras otra. / Imports, one by one.")] = 5,
    as_json: JsonOption = False,
) -> None:
    """Quienes siguen una carga por eventos. / Those who follow an import by its events.

    Falla si a alguno le falta algo de la historia. / Fails if anybody misses a part of the story.
    """
    plan = EventsPlan(listeners, cut_every, rows, rounds)
    run(lambda screen: report_events(screen, plan, as_json=as_json), as_json=as_json)


def _sizes(rows: list[int] | None, xlsx: list[int] | None) -> tuple[Size, ...]:
    return (*(Size("csv", each) for each in rows or ()), *(Size("xlsx", each) for each in xlsx or ()))


if __name__ == "__main__":
    app(prog_name="carga bench")
