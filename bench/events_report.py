"""The command ``bench events``: its progress, its table, its document."""

from dataclasses import asdict

from bench.command import own_stores
from bench.events import EventsPlan, measure_events
from bench.figures import Row, document
from bench.machine import describe
from bench.tables import megabytes, new_table, show_machine
from cli.exit_codes import ExitCode
from cli.screen import Screen
from common.texts import Text

_RUN = Text(
    "  {round}. {events} eventos a {listeners}; {cuts} cortes, {resumed} retomados",
    "  {round}. {events} events to {listeners}; {cuts} cuts, {resumed} resumed",
)
_TITLE = Text(
    "Eventos por el BFF: {listeners} oyentes de {rows} filas, uno de cada {cut_every} con cortes",
    "Events through the BFF: {listeners} listeners to {rows} rows, one in {cut_every} cut off",
)
_COLUMNS = (
    Text("Ronda", "Round"),
    Text("Eventos", "Events"),
    Text("Cortes", "Cuts"),
    Text("Retomados", "Resumed"),
    Text("Fin: mediana / último", "End: median / last"),
    Text("CPU por evento: API / BFF", "CPU an event: API / BFF"),
    Text("MB de la API: antes / con todos / después", "MB of the API: before / with all / after"),
    Text("MB del BFF", "MB of the BFF"),
)


async def report_events(screen: Screen, plan: EventsPlan, *, as_json: bool) -> ExitCode:
    """Measure and tell."""
    async with own_stores() as place:
        machine, runs = await describe(place.stores), []
        async for run in measure_events(place, plan):
            runs.append(run)
            screen.say(_RUN, **run._asdict())
    report = document("events", machine, plan=asdict(plan), runs=[run._asdict() for run in runs])
    if as_json:
        screen.json(report)
    else:
        show_machine(screen, machine)
        show_events(screen, report)
    return ExitCode.OK


def show_events(screen: Screen, report: Row) -> None:
    """Show the rounds of ``bench events``."""
    table = new_table(screen, _TITLE, _COLUMNS, left=0, **report["plan"])
    for row in report["runs"]:
        table.add_row(
            str(row["round"]),
            f"{row['events']:,}",
            f"{row['cuts']:,}",
            f"{row['resumed']:,}",
            f"{row['told_median'] * 1000:.0f} / {row['told_last'] * 1000:.0f} ms",
            f"{row['api_cpu'] / row['events'] * 1e6:.0f} / {row['bff_cpu'] / row['events'] * 1e6:.0f} µs",
            " / ".join(megabytes(row[f"api_{when}"]) for when in ("before", "with", "after")),
            " / ".join(megabytes(row[f"bff_{when}"]) for when in ("before", "with", "after")),
        )
    screen.out.print(table)
