"""The command ``bench memory``: its table, its document, and 1 as exit code where a limit does not hold."""

from bench.command import own_stores
from bench.figures import document
from bench.machine import describe
from bench.memory import MemoryFigures, as_document, measure_memory
from bench.tables import megabytes, new_table, show_machine
from cli.exit_codes import ExitCode
from cli.screen import Screen
from common.texts import Text

_PATIENCE = Text(
    "Un CSV de {rows:,} filas se escribe, se sube y se importa; con un millón tarda un minuto o dos …",
    "A CSV of {rows:,} rows is written, uploaded and imported; with a million it takes a minute or two …",
)
_MEMORY = Text(
    "Memoria: un CSV de {rows:,} filas, {megabytes} MB", "Memory: a CSV of {rows:,} rows, {megabytes} MB"
)
_LIMITS = {
    "api_growth": Text("La API crece, al recibirlo", "The API grows, taking it"),
    "worker_and_children": Text(
        "El worker con todos sus procesos, al importarlo", "The worker and all its processes, importing it"
    ),
}
_MEMORY_COLUMNS = (
    Text("Medida", "Measure"),
    Text("Como mucho", "At most"),
    Text("Límite", "Limit"),
    Text("¿Se cumple?", "Does it hold?"),
)
_YES, _NO = Text("sí", "yes"), Text("NO", "NO")
_SAMPLED = Text(
    "Muestras a 20 Hz: API {api} MB de {api_idle} en reposo; worker e hijos {worker} MB (PSS {pss} MB)",
    "Sampled at 20 Hz: API {api} MB from {api_idle} idle; worker and children {worker} MB (PSS {pss} MB)",
)


async def report_memory(screen: Screen, rows: int, *, as_json: bool) -> ExitCode:
    """Measure and tell."""
    screen.say(_PATIENCE, rows=rows)
    async with own_stores() as place:
        machine = await describe(place.stores)
        figures = await measure_memory(place, rows)
    if as_json:
        screen.json(document("memory", machine, **as_document(figures)))
    else:
        show_machine(screen, machine)
        _show(screen, figures)
    return ExitCode.OK if all(limit.holds for limit in figures.limits) else ExitCode.FAILED


def _show(screen: Screen, figures: MemoryFigures) -> None:
    """Show the limits of ``bench memory`` and what the samples saw."""
    size = megabytes(figures.file_bytes)
    table = new_table(screen, _MEMORY, _MEMORY_COLUMNS, left=1, rows=figures.rows, megabytes=size)
    for limit in figures.limits:
        verdict = screen.words(_YES if limit.holds else _NO)
        table.add_row(
            screen.words(_LIMITS[limit.name]),
            f"{megabytes(limit.measured)} MB",
            f"< {megabytes(limit.limit)} MB",
            verdict,
        )
    screen.out.print(table)
    screen.show(
        _SAMPLED,
        api=megabytes(figures.api.rss),
        api_idle=megabytes(figures.api_idle),
        worker=megabytes(figures.worker.rss),
        pss="–" if figures.worker.pss is None else megabytes(figures.worker.pss),
    )
