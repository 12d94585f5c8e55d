"""What a client reads of a file: the same words from the API and from ``./carga inspect``."""

from typing import Any

from common.fault_groups import columns_of, render_group
from common.tasks import FaultGroup, RowError
from common.texts import Language, render_notice, render_row_error


def row_error_body(error: RowError, language: Language) -> dict[str, Any]:
    """Return a rejected row: why in words, and the stable codes and columns of its faults."""
    return {
        "fila": error.fila,
        "error": render_row_error(error.faults, language),
        "codigos": [fault["code"] for fault in error.faults],
        "columnas": list(dict.fromkeys(column for fault in error.faults for column in columns_of(fault))),
    }


def fault_group_body(group: FaultGroup, language: Language) -> dict[str, Any]:
    """Return the rows that were rejected for one fault."""
    return {
        "codigo": group.code,
        "columna": group.column,
        "filas": group.rows,
        "primera_fila": group.first_fila,
        "error": render_group(group, language),
    }


def notice_body(notice: dict[str, Any], language: Language) -> dict[str, Any]:
    """Return a warning."""
    code = notice["code"]
    return {"codigo": code, "advertencia": render_notice(code, notice.get("params", {}), language)}


def column_body(column: dict[str, Any]) -> dict[str, Any]:
    """Return how a column of the file was understood."""
    return {
        "encabezado": column["header"],
        "columna": column["column"],
        "posicion": column["place"],
        "como": column["how"],
    }
