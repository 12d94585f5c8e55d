"""``python -m bench``, which ``./carga bench`` calls: the benchmarks and their options."""

import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from bench.machine import describe, describe_host
from bench.memory import as_document, measure_memory
from bench.readers import Reading, measure_readers, reader_medians
from bench.report import show_machine, show_memory, show_readers, show_speed
from bench.scale import ScalePlan, measure_scale, scale_document
from bench.scale_report import say_scale, show_scale
from bench.speed import Run, SpeedPlan, describe_file, measure_speed, medians
from bench.stack import Place, WrongOutcome
from cli.errors import CommandError
from cli.exit_codes import ExitCode
from cli.lifecycle import owned, run_until_signalled
from cli.screen import Screen, language_of
from cli.state import HOME, State
from common.texts import Text
from infra.embedded.stores import Stores

_RUN = Text(
    "  {repeat}. {way} {writes}: {seconds:.2f} s, {speed:,.0f} filas/s",
    "  {repeat}. {way} {writes}: {seconds:.2f} s, {speed:,.0f} rows/s",
)
_READING = Text(
    "  {repeat}. {format} {way}: {seconds:.2f} s, {speed:,.0f} filas/s",
    "  {repeat}. {format} {way}: {seconds:.2f} s, {speed:,.0f} rows/s",
)
_PATIENCE = Text(
    "Un CSV de {rows:,} filas se escribe, se sube y se importa; con un millón tarda un minuto o dos …",
    "A CSV of {rows:,} rows is written, uploaded and imported; with a million it takes a minute or two …",
)
_WRONG = Text("La importación no dio lo esperado: {reason}", "The import came to something else: {reason}")

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Mide con los servicios y almacenes de verdad. / Measure with the real services and stores.",
)

JsonOption = Annotated[
    bool,
    typer.Option("--json", help="Un documento JSON en stdout y nada más. / One JSON document on stdout."),
]


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
    screen = Screen(language_of(os.environ))
    _end(screen, _speed(screen, SpeedPlan(rows, repeat, format.value), as_json=as_json), as_json=as_json)


@app.command()
def memory(
    rows: Annotated[
        int, typer.Option(min=1, help="Filas, de 200 bytes cada una. / Rows, of 200 bytes each.")
    ] = 1_000_000,
    as_json: JsonOption = False,
) -> None:
    """Memoria de la API y del worker; 1 si exceden su límite. / Memory of both; 1 when above its limit."""
    screen = Screen(language_of(os.environ))
    _end(screen, _memory(screen, rows, as_json=as_json), as_json=as_json)


@app.command()
def readers(
    rows: Annotated[int, typer.Option(min=1, help="Filas del archivo. / Rows of the file.")] = 100_000,
    repeat: Annotated[int, typer.Option(min=1, help="Repeticiones. / Repetitions.")] = 3,
    as_json: JsonOption = False,
) -> None:
    """Leer CSV y XLSX, junto a otras bibliotecas. / Reading CSV and XLSX, beside other libraries."""
    screen = Screen(language_of(os.environ))
    _end(screen, _readers(screen, rows, repeat, as_json=as_json), as_json=as_json)


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
    screen = Screen(language_of(os.environ))
    _end(screen, _scale(screen, ScalePlan(rows, large_rows, many, repeat), as_json=as_json), as_json=as_json)


async def _scale(screen: Screen, plan: ScalePlan, *, as_json: bool) -> ExitCode:
    async with _place() as place:
        machine = await describe(place.stores)
        runs = []
        async for run in measure_scale(place, plan):
            runs.append(run)
            say_scale(screen, run)
    document = {"benchmark": "scale", "machine": machine, **scale_document(plan, runs)}
    if as_json:
        screen.json(document)
    else:
        show_machine(screen, machine)
        show_scale(screen, document)
    return ExitCode.OK


async def _readers(screen: Screen, rows: int, repeats: int, *, as_json: bool) -> ExitCode:
    machine = describe_host()
    readings: list[Reading] = []
    with tempfile.TemporaryDirectory() as directory:
        async for reading in measure_readers(Path(directory), rows, repeats):
            readings.append(reading)
            screen.say(_READING, **reading._asdict(), speed=reading.rows / reading.seconds)
    document = {"benchmark": "readers", "machine": machine, "rows": rows, "repeats": repeats}
    document |= {"medians": reader_medians(readings), "runs": [reading._asdict() for reading in readings]}
    if as_json:
        screen.json(document)
    else:
        show_readers(screen, document)
    return ExitCode.OK


async def _speed(screen: Screen, plan: SpeedPlan, *, as_json: bool) -> ExitCode:
    async with _place() as place:
        machine = await describe(place.stores)
        runs: list[Run] = []
        async for run in measure_speed(place, plan):
            runs.append(run)
            screen.say(_RUN, **run._asdict(), speed=run.rows / run.seconds)
        file = describe_file(place, plan)
    document = {"benchmark": "import", "machine": machine, "file": file, "repeats": plan.repeats}
    document |= {"medians": medians(runs), "runs": [run._asdict() for run in runs]}
    if as_json:
        screen.json(document)
    else:
        show_machine(screen, machine)
        show_speed(screen, document)
    return ExitCode.OK


async def _memory(screen: Screen, rows: int, *, as_json: bool) -> ExitCode:
    screen.say(_PATIENCE, rows=rows)
    async with _place() as place:
        machine = await describe(place.stores)
        figures = await measure_memory(place, rows)
    if as_json:
        screen.json({"benchmark": "memory", "machine": machine, **as_document(figures)})
    else:
        show_machine(screen, machine)
        show_memory(screen, figures)
    return ExitCode.OK if all(limit.holds for limit in figures.limits) else ExitCode.FAILED


@asynccontextmanager
async def _place() -> AsyncIterator[Place]:
    """Run stores of our own; one benchmark at a time, for two would measure each other."""
    state = State(HOME / "bench")
    with owned(state):
        files = state.directory / "files"
        for leftover in (state.stores, files):
            shutil.rmtree(leftover, ignore_errors=True)
        files.mkdir()
        try:
            async with Stores(state.stores) as stores:
                yield Place(stores, files)
        finally:
            shutil.rmtree(state.stores, ignore_errors=True)
            shutil.rmtree(files)


def _end(screen: Screen, work: Coroutine[Any, Any, ExitCode], *, as_json: bool) -> None:
    try:
        exit_code = run_until_signalled(work)
    except WrongOutcome as error:
        failure = CommandError(_WRONG, ExitCode.FAILED, code="wrong_outcome", reason=error)
        screen.fail(failure, as_json=as_json)
        exit_code = failure.exit_code
    except CommandError as error:
        screen.fail(error, as_json=as_json)
        exit_code = error.exit_code
    sys.exit(exit_code)


if __name__ == "__main__":
    app(prog_name="carga bench")
