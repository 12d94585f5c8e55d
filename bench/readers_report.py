"""The command ``bench readers``: its progress, its table, its document."""

import tempfile
from pathlib import Path

from bench.figures import Row, document
from bench.machine import describe_host
from bench.readers import measure_readers, reader_medians
from bench.tables import megabytes, new_table, show_machine
from cli.exit_codes import ExitCode
from cli.screen import Screen
from common.texts import Text

_READING = Text(
    "  {repeat}. {format} {way}: {seconds:.2f} s, {speed:,.0f} filas/s",
    "  {repeat}. {format} {way}: {seconds:.2f} s, {speed:,.0f} rows/s",
)
_TITLE = Text(
    "Leer {rows:,} filas de 13 columnas: medianas de {repeats}",
    "Reading {rows:,} rows of 13 columns: medians of {repeats}",
)
_COLUMNS = (
    Text("Formato", "Format"),
    Text("Lector", "Reader"),
    Text("Segundos", "Seconds"),
    Text("Filas/s", "Rows/s"),
    Text("Memoria máxima", "Peak memory"),
)
_WAYS = {
    "carga": Text("Carga, solo leer", "Carga, reading alone"),
    "carga_checked": Text("Carga, leer y comprobar", "Carga, reading and checking"),
}


async def report_readers(screen: Screen, rows: int, repeats: int, *, as_json: bool) -> ExitCode:
    """Measure and tell."""
    machine, readings = describe_host(), []
    with tempfile.TemporaryDirectory() as directory:
        async for reading in measure_readers(Path(directory), rows, repeats):
            readings.append(reading)
            screen.say(_READING, **reading._asdict(), speed=reading.rows / reading.seconds)
    report = document("readers", machine, rows=rows, repeats=repeats, medians=reader_medians(readings))
    report["runs"] = [reading._asdict() for reading in readings]
    if as_json:
        screen.json(report)
    else:
        show_machine(screen, machine)
        _show(screen, report)
    return ExitCode.OK


def _show(screen: Screen, report: Row) -> None:
    table = new_table(screen, _TITLE, _COLUMNS, left=2, rows=report["rows"], repeats=report["repeats"])
    for row in report["medians"]:
        way = row["way"]
        table.add_row(
            row["format"].upper(),
            screen.words(_WAYS[way]) if way in _WAYS else way,
            f"{row['seconds']:.2f}",
            f"{row['rows_per_second']:,.0f}",
            f"{megabytes(row['peak_rss'])} MB",
        )
    screen.out.print(table)
