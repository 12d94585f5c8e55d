"""``python -m bench``, which ``./carga bench`` calls: the benchmarks and their options.

A benchmark ``x`` measures in ``bench/x.py`` and tells in ``bench/x_report.py``; here it has one command.
"""

from enum import StrEnum
from typing import Annotated

import typer

from bench.command import JsonOption, run
from bench.memory_report import report_memory
from bench.readers_report import report_readers
from bench.speed import SpeedPlan
from bench.speed_report import report_speed

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Mide con los servicios y almacenes de verdad. / Measure with the real services and stores.",
)


class Format(StrEnum):
    """What kind of file to import."""

    CSV = "csv"
    XLSX = "xlsx"


@app.command("import")
def speed(
    rows: Annotated[int, typer.Option(min=1, help="Filas del archivo. / Rows of the file.")] = 200_000,
    repeat: Annotated[int, typer.Option(min=1, help="Repeticiones. / Repetitions.")] = 5,
    format: Annotated[Format, typer.Option(help="Formato del archivo. / Format of the file.")] = Format.CSV,
    as_json: JsonOption = False,
) -> None:
    """Filas por segundo, junto al mínimo que pide PostgreSQL. / Rows per second, beside SQL alone."""
    plan = SpeedPlan(rows, repeat, format.value)
    run(lambda screen: report_speed(screen, plan, as_json=as_json), as_json=as_json)


@app.command()
def memory(
    rows: Annotated[
        int, typer.Option(min=1, help="Filas, de 200 bytes cada una. / Rows, of 200 bytes each.")
    ] = 1_000_000,
    as_json: JsonOption = False,
) -> None:
    """Memoria de la API y del worker; 1 si exceden su límite. / Memory of both; 1 when above its limit."""
    run(lambda screen: report_memory(screen, rows, as_json=as_json), as_json=as_json)


@app.command()
def readers(
    rows: Annotated[int, typer.Option(min=1, help="Filas del archivo. / Rows of the file.")] = 100_000,
    repeat: Annotated[int, typer.Option(min=1, help="Repeticiones. / Repetitions.")] = 3,
    as_json: JsonOption = False,
) -> None:
    """Leer CSV y XLSX, junto a otras bibliotecas. / Reading CSV and XLSX, beside other libraries."""
    run(lambda screen: report_readers(screen, rows, repeat, as_json=as_json), as_json=as_json)


if __name__ == "__main__":
    app(prog_name="carga bench")
