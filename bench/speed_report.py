"""The command ``bench import``: its progress, its table, its document."""

from bench.command import own_stores
from bench.figures import Row, document
from bench.machine import describe
from bench.speed import Run, SpeedPlan, describe_file, measure_speed, speed_medians
from bench.tables import new_table, show_machine
from cli.exit_codes import ExitCode
from cli.screen import Screen
from common.texts import Text

_RUN = Text(
    "  {repeat}. {way} {writes}: {seconds:.2f} s, {speed:,.0f} filas/s",
    "  {repeat}. {way} {writes}: {seconds:.2f} s, {speed:,.0f} rows/s",
)
_SPEED = Text(
    "Importar {rows:,} filas de {format}: del 202 al final, medianas de {repeats}",
    "Importing {rows:,} rows of {format}: from the 202 to the end, medians of {repeats}",
)
_WAYS = {
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


async def report_speed(screen: Screen, plan: SpeedPlan, *, as_json: bool) -> ExitCode:
    """Measure and tell."""
    async with own_stores() as place:
        machine = await describe(place.stores)
        runs: list[Run] = []
        async for run in measure_speed(place, plan):
            runs.append(run)
            screen.say(_RUN, **run._asdict(), speed=run.rows / run.seconds)
        file = describe_file(place, plan)
    report = document("import", machine, file=file, repeats=plan.repeats, medians=speed_medians(runs))
    report["runs"] = [run._asdict() for run in runs]
    if as_json:
        screen.json(report)
    else:
        show_machine(screen, machine)
        _show(screen, report)
    return ExitCode.OK


def _show(screen: Screen, report: Row) -> None:
    file, repeats = report["file"], report["repeats"]
    table = new_table(screen, _SPEED, _SPEED_COLUMNS, left=2, **file, repeats=repeats)
    for row in report["medians"]:
        table.add_row(
            screen.words(_PASSES[row["writes"]]),
            screen.words(_WAYS[row["way"]]),
            f"{row['seconds']:.2f}",
            f"{row['least']:.2f} – {row['most']:.2f}",
            f"{row['rows_per_second']:,.0f}",
            f"{row['ratio_to_floor']:.2f}",
        )
    screen.out.print(table)
