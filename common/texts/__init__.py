"""Sentences for people: codes and parameters are stored, words are chosen when somebody reads.

The worker writes a code with its parameters into the ledger; whoever answers a person renders it here, in the
language of that request. Spanish is the default, English the alternative.
"""

from common.texts.codes import (
    IMPORT_COMPLETED,
    VALIDATION_COMPLETED,
    render_notice,
    render_row_error,
    render_task_error,
)
from common.texts.language import Language, Params, Text, choose_language, render
from common.texts.notices import NOTICES
from common.texts.row_faults import ROW_FAULTS
from common.texts.task_errors import TASK_ERRORS

__all__ = [
    "IMPORT_COMPLETED",
    "NOTICES",
    "ROW_FAULTS",
    "TASK_ERRORS",
    "VALIDATION_COMPLETED",
    "Language",
    "Params",
    "Text",
    "choose_language",
    "render",
    "render_notice",
    "render_row_error",
    "render_task_error",
]
