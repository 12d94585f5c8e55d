"""The tables of ``bench import``."""

from bench.figures import Row
from bench.peers.driver import PEERS
from bench.tables import new_table
from cli.screen import Screen
from common.texts import Text

_TITLE = Text(
    "Importar: del 202 al final, medianas de {repeats}",
    "Importing: from the 202 to the end, medians of {repeats}",
)
_COLUMNS = (
    Text("Archivo", "File"),
    Text("Filas", "Rows"),
    Text("Modo", "Way"),
    Text("Segundos", "Seconds"),
    Text("Mejor y peor", "Best and worst"),
    Text("Filas/s", "Rows/s"),
    Text("Del suelo", "Of the floor"),
    Text("Del tamaño más rápido", "Of the fastest size"),
)
_PEERS_TITLE = Text(
    "Como lo hacen otros, el mismo CSV con menos filas: de la tarea enviada al final",
    "The way others do it, the same CSV with fewer rows: from the task sent to its end",
)
_PEER_COLUMNS = (
    Text("Modo", "Way"),
    Text("Filas", "Rows"),
    Text("Cuántas", "How many"),
    Text("Segundos", "Seconds"),
    Text("Mejor y peor", "Best and worst"),
    Text("Filas/s", "Rows/s"),
    Text("Carga hace", "Carga does"),
)
WAYS = {
    "floor": Text("solo SQL (el suelo)", "SQL alone (the floor)"),
    "carga": Text("Carga", "Carga"),
    "row_by_row": Text(
        "Celery + pandas + SQLAlchemy, fila a fila", "Celery + pandas + SQLAlchemy, row by row"
    ),
    "django_bulk": Text("django-import-export, en bloque", "django-import-export, bulk mode"),
    "bulk": Text("Celery + pandas + SQLAlchemy, en bloque", "Celery + pandas + SQLAlchemy, in bulk"),
    "bulk_copy": Text("Celery + pandas + COPY", "Celery + pandas + COPY"),
}
PASSES = {
    "insert": Text("todas nuevas", "all new"),
    "update": Text("todas existentes", "all existing"),
}
_SMALL = Text(
    "Un archivo de {rows} filas, de la subida al final, sin más trabajo: {seconds:.3f} s "
    "({least:.3f} – {most:.3f})",
    "A file of {rows} rows, from upload to end, with no other work: {seconds:.3f} s "
    "({least:.3f} – {most:.3f})",
)
_VERSIONS = Text("Los otros: {versions}", "The others: {versions}")


def show_speed(screen: Screen, report: Row) -> None:
    """Show the medians, the peers apart."""
    table = new_table(screen, _TITLE, _COLUMNS, left=3, repeats=report["repeats"])
    for row in report["medians"]:
        if row["way"] not in PEERS:
            file = f"{row['format'].upper()} {row['rows']:,}"
            name = screen.words(WAYS[row["way"]])
            ratios = (_ratio(row["ratio_to_floor"]), _ratio(row["ratio_to_fastest"]))
            table.add_row(file, screen.words(PASSES[row["writes"]]), name, *_figures(row), *ratios)
    screen.out.print(table)
    if report["machine"]["peers"]:
        _show_peers(screen, report)
    screen.show(_SMALL, **report["small_file"])


def _show_peers(screen: Screen, report: Row) -> None:
    table = new_table(screen, _PEERS_TITLE, _PEER_COLUMNS, left=2)
    for row in report["medians"]:
        if row["way"] in PEERS:
            words = (screen.words(WAYS[row["way"]]), screen.words(PASSES[row["writes"]]))
            table.add_row(*words, f"{row['rows']:,}", *_figures(row), f"× {row['carga_is']:.1f}")
    screen.out.print(table)
    versions = ", ".join(f"{name} {version}" for name, version in report["machine"]["peers"].items())
    screen.show(_VERSIONS, versions=versions)


def _figures(row: Row) -> tuple[str, str, str]:
    digits = 2 if row["seconds"] >= 1 else 3
    seconds = f"{row['seconds']:.{digits}f}"
    extremes = f"{row['least']:.{digits}f} – {row['most']:.{digits}f}"
    return seconds, extremes, f"{row['rows_per_second']:,.0f}"


def _ratio(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.2f}"
