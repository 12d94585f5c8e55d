"""What stands behind a code and its parameters, in words."""

from typing import Any

from common.texts.language import Language, Params, Text, render
from common.texts.notices import NOTICES
from common.texts.row_faults import ROW_FAULTS
from common.texts.task_errors import TASK_ERRORS

IMPORT_COMPLETED = Text("Carga masiva completada", "Bulk upload completed")
VALIDATION_COMPLETED = Text(
    "Validación completada: no se escribió nada", "Validation completed: nothing was written"
)

#: What is added to a sentence whose parameters have it to tell.
HINTS: dict[str, Text] = {
    "headers": Text(". En el archivo: {headers}", ". In the file: {headers}"),
    "similar": Text(". ¿Será alguna de estas? {similar}", ". Is it one of these? {similar}"),
}


def render_row_error(faults: list[dict[str, Any]], language: Language) -> str:
    """Return all the faults of one row as one line; an unknown code (written by a newer worker) is shown as
    it is."""
    return "; ".join(
        _render_code(ROW_FAULTS, fault["code"], fault.get("params", {}), language) for fault in faults
    )


def render_task_error(code: str, params: Params, language: Language) -> str:
    """Return the sentence for a failed task."""
    return _render_code(TASK_ERRORS, code, params, language)


def render_notice(code: str, params: Params, language: Language) -> str:
    """Return the sentence of a warning."""
    return _render_code(NOTICES, code, params, language)


def _render_code(texts: dict[str, Text], code: str, params: Params, language: Language) -> str:
    if code not in texts:
        return code
    hints = (render(HINTS[name], params, language) for name in params if name in HINTS)
    return "".join((render(texts[code], params, language), *hints))
