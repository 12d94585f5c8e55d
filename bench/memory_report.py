"""The command ``bench memory``: its tables, its document, and 1 as exit code where a limit does not hold."""

from bench.command import own_stores
from bench.figures import Row, document
from bench.import_files import Size
from bench.machine import describe
from bench.memory import Limit, measure_memory, memory_limits, memory_medians
from bench.tables import megabytes, new_table, show_machine
from cli.exit_codes import ExitCode
from cli.screen import Screen
from common.texts import Text

_PATIENCE = Text(
    "Los archivos se escriben, se suben y se importan; cada millón de filas tarda un minuto o dos …",
    "The files are written, uploaded and imported; every million rows takes a minute or two …",
)
_SEEN = Text(
    "  {repeat}. {format} {rows:,}: API +{api} MB; worker {worker} MB",
    "  {repeat}. {format} {rows:,}: API +{api} MB; worker {worker} MB",
)
_TITLE = Text("Memoria en MB: medianas de {repeats}", "Memory in MB: medians of {repeats}")
_COLUMNS = (
    Text("Archivo", "File"),
    Text("MB", "MB"),
    Text("La API crece", "The API grows"),
    Text("Worker en reposo", "Worker, idle"),
    Text("Procesos", "Processes"),
    Text("RSS", "RSS"),
    Text("PSS", "PSS"),
    Text("Picos del kernel, sumados", "Kernel peaks, summed"),
)
_LIMITS_TITLE = Text("Límites", "Limits")
_LIMIT_COLUMNS = (
    Text("Medida", "Measure"),
    Text("Archivo", "File"),
    Text("Como mucho", "At most"),
    Text("Límite", "Limit"),
    Text("¿Se cumple?", "Does it hold?"),
)
_LIMITS = {
    "api_growth": Text("La API crece, al recibirlo", "The API grows, taking it"),
    "worker": Text("El worker con todos sus procesos", "The worker and all its processes"),
    "worker_growth": Text("El worker, junto al CSV más pequeño", "The worker, beside the smallest CSV"),
}
_YES, _NO = Text("sí", "yes"), Text("NO", "NO")


async def report_memory(screen: Screen, sizes: tuple[Size, ...], repeats: int, *, as_json: bool) -> ExitCode:
    """Measure and tell."""
    screen.say(_PATIENCE)
    async with own_stores() as place:
        machine, seen = await describe(place.stores), []
        async for each in measure_memory(place, sizes, repeats):
            seen.append(each)
            megabytes_seen = {"api": megabytes(each.api_growth), "worker": megabytes(each.worker_peaks)}
            screen.say(_SEEN, repeat=each.repeat, format=each.format, rows=each.rows, **megabytes_seen)
    rows = memory_medians(seen)
    limits = memory_limits(rows)
    if as_json:
        report = document("memory", machine, repeats=repeats, medians=rows)
        report["limits"] = [{**limit._asdict(), "holds": limit.holds} for limit in limits]
        screen.json(report | {"runs": [each._asdict() for each in seen]})
    else:
        show_machine(screen, machine)
        _show(screen, rows, repeats)
        _show_limits(screen, limits)
    return ExitCode.OK if all(limit.holds for limit in limits) else ExitCode.FAILED


def _show(screen: Screen, rows: list[Row], repeats: int) -> None:
    table = new_table(screen, _TITLE, _COLUMNS, left=1, repeats=repeats)
    for row in rows:
        pss = "–" if row["worker_pss"] is None else megabytes(row["worker_pss"])
        table.add_row(
            f"{row['format'].upper()} {row['rows']:,}",
            megabytes(row["file"]),
            megabytes(row["api_growth"]),
            megabytes(row["worker_idle"]),
            f"{row['processes']:.0f}",
            megabytes(row["worker_rss"]),
            pss,
            megabytes(row["worker_peaks"]),
        )
    screen.out.print(table)


def _show_limits(screen: Screen, limits: list[Limit]) -> None:
    table = new_table(screen, _LIMITS_TITLE, _LIMIT_COLUMNS, left=2)
    for limit in limits:
        words = (screen.words(_LIMITS[limit.name]), f"{limit.format.upper()} {limit.rows:,}")
        figures = (_amount(limit, limit.measured), f"< {_amount(limit, limit.limit)}")
        table.add_row(*words, *figures, screen.words(_YES if limit.holds else _NO))
    screen.out.print(table)


def _amount(limit: Limit, amount: float) -> str:
    return f"× {amount:.2f}" if limit.name == "worker_growth" else f"{megabytes(amount)} MB"
