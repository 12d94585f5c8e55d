"""The command ``bench upload``: its progress, its table, its document."""

from dataclasses import asdict

from bench.command import own_stores
from bench.figures import Row, document
from bench.machine import describe
from bench.tables import new_table, show_machine
from bench.upload import UploadPlan, describe_upload, measure_upload, upload_medians
from cli.exit_codes import ExitCode
from cli.screen import Screen
from common.texts import Text

_RUN = Text(
    "  {repeat}. {way}, {clients} a la vez: {ms:.1f} ms", "  {repeat}. {way}, {clients} at once: {ms:.1f} ms"
)
_TITLE = Text(
    "Subir un CSV de {rows} filas ({bytes:,} bytes) hasta su 202: medianas de {repeats}",
    "Uploading a CSV of {rows} rows ({bytes:,} bytes) up to its 202: medians of {repeats}",
)
_COLUMNS = (
    Text("A la vez", "At once"),
    Text("Modo", "Way"),
    Text("p50", "p50"),
    Text("p99", "p99"),
    Text("Cargas/s", "Uploads/s"),
    Text("CPU de la API por carga", "CPU of the API an upload"),
    Text("p50 junto a las tres llamadas", "p50 beside the three calls"),
)
_WAYS = {
    "bare": Text("S3, Redis y SQS, nada más", "S3, Redis and SQS, nothing else"),
    "carga": Text("Carga", "Carga"),
}
_BESIDE_LARGE = Text("{clients}, junto a una de 100 MB", "{clients}, beside one of 100 MB")


async def report_upload(screen: Screen, plan: UploadPlan, *, as_json: bool) -> ExitCode:
    """Measure and tell."""
    async with own_stores() as place:
        machine, runs = await describe(place.stores), []
        async for run in measure_upload(place, plan):
            runs.append(run)
            screen.say(_RUN, repeat=run.repeat, way=run.way, clients=run.clients, ms=run.p50 * 1000)
        file = describe_upload(place)
    parts = {"file": file, "medians": upload_medians(runs), "runs": [run._asdict() for run in runs]}
    report = document("upload", machine, plan=asdict(plan), **parts)
    if as_json:
        screen.json(report)
    else:
        show_machine(screen, machine)
        show_upload(screen, report)
    return ExitCode.OK


def show_upload(screen: Screen, report: Row) -> None:
    """Show the medians of ``bench upload``."""
    table = new_table(screen, _TITLE, _COLUMNS, left=2, **report["file"], repeats=report["plan"]["repeats"])
    for row in report["medians"]:
        at_once = screen.words(_BESIDE_LARGE, clients=row["clients"]) if row["large"] else str(row["clients"])
        table.add_row(
            at_once,
            screen.words(_WAYS[row["way"]]),
            f"{row['p50'] * 1000:.1f} ms",
            f"{row['p99'] * 1000:.1f} ms",
            f"{row['uploads_per_second']:,.0f}",
            "–" if row["cpu"] is None else f"{row['cpu'] * 1000:.1f} ms",
            f"{row['beside_bare']:.2f}",
        )
    screen.out.print(table)
