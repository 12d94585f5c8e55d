"""The JSON bodies of the API, as pure functions of what they tell."""

from typing import Any
from uuid import UUID

import msgspec
from starlette.responses import Response

from catalog_service.task_list import TaskPage
from catalog_service.task_lists import OutputPage, RowErrorPage
from common.bodies import column_body, fault_group_body, notice_body, row_error_body
from common.messages import UploadMessage
from common.tasks import Progress, RowError, TaskRecord, TaskStatus
from common.texts import (
    IMPORT_COMPLETED,
    VALIDATION_COMPLETED,
    Language,
    Text,
    render,
    render_task_error,
)

_ACCEPTED = Text("Archivo recibido y encolado para procesamiento", "File received and queued for processing")

#: What a task of before they were kept is told to have been asked for.
_NO_OPTIONS = {"reemplazar_duplicados": False, "validar": False}

# a price has twelve digits, two of them decimals: as a JSON number it is exact, and prints as it was written
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class StatusBody(msgspec.Struct):
    """What a poller reads, field by field in this order."""

    task_id: UUID
    status: TaskStatus
    filename: str
    proveedor_id: str
    created_at: Any
    updated_at: Any
    completed_at: Any
    progress: Progress
    result: dict[str, Any] | None
    error: str | None
    error_code: str | None
    advertencias: list[dict[str, Any]]
    opciones: dict[str, bool]
    origen: UUID | None
    correcciones: dict[str, Any] | None
    conteos: dict[str, int]


def encode(body: Any) -> bytes:
    """Return ``body`` as JSON; structs and decimals included."""
    return _ENCODER.encode(body)


def json_response(body: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return the answer with this body."""
    return Response(encode(body), status, headers, "application/json")


def accepted_body(upload: UploadMessage, prefix: str, language: Language) -> dict[str, Any]:
    """Return the body of the 202."""
    return {
        "message": render(_ACCEPTED, {}, language),
        "task_id": upload.task_id,
        "status": TaskStatus.PENDING,
        "status_url": status_url(upload.task_id, prefix),
        "filename": upload.filename,
        "proveedor_id": upload.proveedor_id,
    }


def status_url(task_id: UUID, prefix: str) -> str:
    """Return where the task is polled."""
    return f"{prefix}/bulk-upload/status/{task_id}"


def status_body(record: TaskRecord, prefix: str, language: Language) -> StatusBody:
    """Return what is known of a task, its sentences in ``language``."""
    return StatusBody(
        task_id=record.task_id,
        status=record.status,
        filename=record.filename,
        proveedor_id=record.proveedor_id,
        created_at=record.created_at,
        updated_at=record.updated_at,
        completed_at=record.completed_at,
        progress=record.progress,
        result=_result(record, prefix, language) if record.status is TaskStatus.COMPLETED else None,
        error=record.error_code and render_task_error(record.error_code, record.error_params, language),
        error_code=record.error_code,
        advertencias=[notice_body(notice, language) for notice in record.notices],
        opciones=options_body(record),
        origen=record.parent_task_id,
        correcciones=corrections_body(record),
        conteos=record.tallies,
    )


def task_entry(record: TaskRecord, prefix: str, language: Language) -> dict[str, Any]:
    """Return a task as one of a list: its status without the result, of which the summary is left."""
    body = msgspec.structs.asdict(status_body(record, prefix, language))
    result = body.pop("result") or {}
    url = status_url(record.task_id, prefix)
    return {**body, "resumen": result.get("resumen"), "status_url": url}


def tasks_body(page: TaskPage, list_url: str, prefix: str, language: Language) -> dict[str, Any]:
    """Return one page of tasks; ``list_url`` ends where the place of the next page begins."""
    cursor = None if page.next_place is None else str(page.next_place)
    return {
        "tasks": [task_entry(record, prefix, language) for record in page.tasks],
        "next": None if cursor is None else f"{list_url}{cursor}",
        "next_cursor": cursor,
    }


def row_error_entry(error: RowError, language: Language) -> dict[str, Any]:
    """Return a rejected row, and the upload that has brought it in since, if one has."""
    return {**row_error_body(error, language), "resuelta_por": error.resolved_by}


def row_errors_body(page: RowErrorPage, next_url: str | None, language: Language) -> dict[str, Any]:
    """Return one page of rejected rows, and the groups of all."""
    return {
        "errores": [row_error_entry(error, language) for error in page.errors],
        "grupos_errores": [fault_group_body(group, language) for group in page.groups],
        "next": next_url,
    }


def outputs_body(page: OutputPage, url: str, limit: int) -> dict[str, Any]:
    """Return one page of created products; ``url`` is the list's own."""
    return {
        "productos_creados": page.outputs,
        "next": None if page.next_after is None else f"{url}?after={page.next_after}&limit={limit}",
    }


def options_body(record: TaskRecord) -> dict[str, bool]:
    """Return what was asked for beside the file."""
    return {**_NO_OPTIONS, **record.options}


def corrections_body(record: TaskRecord) -> dict[str, Any] | None:
    """Return what has become of the rejected rows; None while nobody has mended any."""
    if not record.corrections:
        return None
    left = record.progress.failed - record.resolved
    return {"abiertas": left, "resueltas": record.resolved, "cargas": record.corrections}


def _result(record: TaskRecord, prefix: str, language: Language) -> dict[str, Any]:
    task = f"{prefix}/bulk-upload/{record.task_id}"
    result = record.result or {}
    completed = VALIDATION_COMPLETED if result.get("validacion") else IMPORT_COMPLETED
    rows_left = record.progress.failed > record.resolved
    retryable = rows_left and not options_body(record)["validar"]
    return {
        "mensaje": render(completed, {}, language),
        **result,
        "errores": [row_error_entry(error, language) for error in record.row_errors],
        "grupos_errores": [fault_group_body(group, language) for group in record.fault_groups],
        "columnas": [column_body(column) for column in record.columns],
        "lectura": record.facts,
        "muestra": [{"fila": row["fila"], "celdas": row["cells"]} for row in record.sample],
        "enlaces": {
            "errores": f"{task}/errores",
            "productos_creados": f"{task}/productos-creados",
            "errores_xlsx": f"{task}/errores.xlsx" if rows_left else None,
            "errores_csv": f"{task}/errores.csv" if rows_left else None,
            "recibo": f"{task}/recibo.json",
            "reintentar": f"{task}/reintentar" if retryable else None,
        },
    }
