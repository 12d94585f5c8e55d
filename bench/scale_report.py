"""The command ``bench scale``: its progress, its tables, its document."""

from bench.command import own_stores
from bench.figures import Row, document
from bench.machine import describe
from bench.scale import IDLE, LARGE, MANY, SAME, ScalePlan, Throughput, Wait, measure_scale, scale_document
from bench.tables import new_table, show_machine
from cli.exit_codes import ExitCode
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


async def report_scale(screen: Screen, plan: ScalePlan, *, as_json: bool) -> ExitCode:
    """Measure and tell."""
    async with own_stores() as place:
        machine, runs = await describe(place.stores), []
        async for run in measure_scale(place, plan):
            runs.append(run)
            _say(screen, run)
    report = document("scale", machine, **scale_document(plan, runs))
    if as_json:
        screen.json(report)
    else:
        show_machine(screen, machine)
        show_scale(screen, report)
    return ExitCode.OK


def _say(screen: Screen, run: Throughput | Wait) -> None:
    if isinstance(run, Throughput):
        screen.say(_THROUGHPUT_RUN, **run._asdict(), speed=run.rows / run.seconds)
    else:
        screen.say(_WAIT_RUN, **run._asdict())


def show_scale(screen: Screen, report: Row) -> None:
    """Show the medians."""
    plan, medians = report["plan"], report["medians"]
    table = new_table(screen, _THROUGHPUT, _THROUGHPUT_COLUMNS, left=0, **plan)
    for row in medians["throughput"]:
        table.add_row(
            *(str(row[name]) for name in ("files", "workers", "slots")),
            f"{row['seconds']:.2f}",
            f"{row['rows_per_second']:,.0f}",
            f"{row['ratio_to_one_alone']:.2f}",
        )
    screen.out.print(table)
    table = new_table(screen, _WAITS, _WAITS_COLUMNS, left=1, **plan)
    for row in medians["waits"]:
        beside = screen.words(_BESIDE[row["beside"]], **plan)
        table.add_row(
            beside if row["turns"] else screen.words(_UNRULED, beside=beside),
            f"{row['seconds']:.2f}",
            f"{row['fastest']:.2f} – {row['slowest']:.2f}",
            f"{row['ratio_to_idle']:.1f}",
        )
    screen.out.print(table)
