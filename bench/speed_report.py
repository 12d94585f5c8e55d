"""The command ``bench import``: its progress, its document, its chart."""

from pathlib import Path

from bench.chart import write_chart
from bench.command import own_stores
from bench.figures import Row, document, find
from bench.import_files import ImportFiles
from bench.machine import describe
from bench.peers.driver import peer_versions
from bench.speed import Run, SpeedPlan, measure_speed
from bench.speed_figures import speed_medians
from bench.speed_tables import show_speed
from bench.stack import Place
from bench.tables import show_machine
from cli.exit_codes import ExitCode
from cli.screen import Screen
from common.texts import Text

_RUN = Text(
    "  {repeat}. {way} {format} {rows:,} {writes}: {seconds:.3f} s, {speed:,.0f} filas/s",
    "  {repeat}. {way} {format} {rows:,} {writes}: {seconds:.3f} s, {speed:,.0f} rows/s",
)


async def report_speed(screen: Screen, plan: SpeedPlan, chart: Path | None, *, as_json: bool) -> ExitCode:
    """Measure and tell."""
    peers = await peer_versions() if plan.peers else {}
    async with own_stores() as place:
        machine = await describe(place.stores) | {"peers": peers}
        runs: list[Run] = []
        async for run in measure_speed(place, plan):
            runs.append(run)
            screen.say(_RUN, **run._asdict(), speed=run.rows / run.seconds)
        report = _document(machine, place, plan, runs)
    if chart is not None:
        write_chart(chart, report, screen.language)
    if as_json:
        screen.json(report)
    else:
        show_machine(screen, machine)
        show_speed(screen, report)
    return ExitCode.OK


def _document(machine: Row, place: Place, plan: SpeedPlan, runs: list[Run]) -> Row:
    files = ImportFiles(place.files)
    sizes = [{**size._asdict(), "bytes": files.upload(size, "insert").stat().st_size} for size in plan.sizes]
    rows = speed_medians(runs)
    return document(
        "import",
        machine,
        files=sizes,
        repeats=plan.repeats,
        medians=[row for row in rows if row["way"] != "small_file"],
        small_file=find(rows, way="small_file"),
        runs=[run._asdict() for run in runs],
    )
