"""The command ``bench status``: its progress, its table, its document."""

from dataclasses import asdict

from bench.command import own_stores
from bench.figures import Row, document
from bench.machine import describe
from bench.status import StatusPlan, measure_status, status_medians
from bench.tables import new_table, show_machine
from cli.exit_codes import ExitCode
from cli.screen import Screen
from common.texts import Text

_RUN = Text(
    "  {repeat}. {way} {answer}: {us:.0f} µs de CPU", "  {repeat}. {way} {answer}: {us:.0f} µs of CPU"
)
_TITLE = Text(
    "Consultas de estado: {tasks} tareas, {connections} conexiones, medianas de {repeats}",
    "Status questions: {tasks} tasks, {connections} connections, medians of {repeats}",
)
_COLUMNS = (
    Text("Respuesta", "Answer"),
    Text("Modo", "Way"),
    Text("Respuestas/s", "Answers/s"),
    Text("CPU por respuesta", "CPU an answer"),
    Text("… y de Redis", "… and Redis's"),
    Text("Respuestas/s de CPU", "Answers/s of CPU"),
    Text("Junto a «return dict»", "Beside “return dict”"),
)
_ANSWERS = {
    "running": Text("en proceso", "running"),
    "completed": Text("terminada", "completed"),
    "unchanged": Text("sin cambios (304)", "unchanged (304)"),
}
_WAYS = {
    "bare_dict": Text("FastAPI, return dict", "FastAPI, return dict"),
    "bare_model": Text("FastAPI, response_model", "FastAPI, response_model"),
    "bare_bytes": Text("FastAPI, Response(bytes)", "FastAPI, Response(bytes)"),
    "carga": Text("Carga", "Carga"),
}


async def report_status(screen: Screen, plan: StatusPlan, *, as_json: bool) -> ExitCode:
    """Measure and tell."""
    async with own_stores() as place:
        machine, runs = await describe(place.stores), []
        async for run in measure_status(place, plan):
            runs.append(run)
            screen.say(_RUN, **run._asdict(), us=run.cpu / run.answers * 1e6)
    parts = {"medians": status_medians(runs), "runs": [run._asdict() for run in runs]}
    report = document("status", machine, plan=asdict(plan), **parts)
    if as_json:
        screen.json(report)
    else:
        show_machine(screen, machine)
        show_status(screen, report)
    return ExitCode.OK


def show_status(screen: Screen, report: Row) -> None:
    """Show the medians of ``bench status``."""
    table = new_table(screen, _TITLE, _COLUMNS, left=2, **report["plan"])
    for row in report["medians"]:
        table.add_row(
            screen.words(_ANSWERS[row["answer"]]),
            screen.words(_WAYS[row["way"]]),
            f"{row['answers_per_second']:,.0f}",
            f"{row['microseconds']:.0f} µs",
            f"{row['redis_microseconds']:.0f} µs",
            f"{row['per_cpu_second']:,.0f}",
            f"{row['beside_bare']:.2f}",
        )
    screen.out.print(table)
