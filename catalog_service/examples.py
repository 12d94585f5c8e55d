"""What the documentation shows: made by the code that answers, of one upload that there might have been."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec
from fastapi.sse import format_sse_event

from catalog_service import answers
from catalog_service.products import Product, ProductPage, encode_cursor
from catalog_service.receipt import Account, Attempt, receipt_body
from catalog_service.task_list import TaskPage, TaskPlace
from catalog_service.task_lists import OutputPage, Place, RowErrorPage
from common.messages import UploadMessage, object_key
from common.tasks import FaultGroup, Progress, RowError, TaskRecord, TaskStatus
from common.version import VERSION

PREFIX: Final = "/api/catalog"
TASK_ID: Final = UUID("0f8b6c1e-52a7-4d3b-9c55-1b7a2f0e9d10")
MENDED_ID: Final = UUID("7c2d9e4a-8b16-4f0e-a3d1-5e6f7a8b9c0d")
TASK_URL: Final = f"{PREFIX}/bulk-upload/status/{TASK_ID}"
CORRELATION_ID: Final = "3f6d2a54-5f0e-4c51-8a55-0f2f6f1f7b7e"
PROVIDER_ID: Final = "PROV001"

_TAKEN = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)
_BEGUN = _TAKEN + timedelta(seconds=1)
_OVER = _TAKEN + timedelta(seconds=3)

#: What fills in the sentences of errors.
PROBLEM_PARAMETERS: Final[dict[str, Any]] = {
    "allowed": [".xlsx", ".csv"],
    "extension": ".xlsx",
    "field": "archivo",
    "header_bytes": 8192,
    "id": "PROD001",
    "limit_mb": 200,
    "names": ["proveedor_id"],
    "other_bytes": 65_536,
    "parameter": "validar",
    "parts": 20,
    "proveedor_id": PROVIDER_ID,
    "seconds": 30,
    "status_of_task": "completed",
    "task_id": str(TASK_ID),
}

_UPLOAD = UploadMessage(
    task_id=TASK_ID,
    s3_bucket="",
    s3_key=object_key(TASK_ID),
    filename="productos.xlsx",
    proveedor_id=PROVIDER_ID,
    reemplazar_duplicados=False,
    accepted_at=_TAKEN,
    size_bytes=28_431,
)
_ERRORS = [
    RowError(25, [{"code": "required_missing", "params": {"columns": ["certificado_sanitario"]}}], MENDED_ID),
    RowError(31, [{"code": "negative", "params": {"column": "precio_unitario", "value": "-3"}}]),
]
_GROUPS = [
    FaultGroup("required_missing", "certificado_sanitario", 1, 25),
    FaultGroup("negative", "precio_unitario", 1, 31),
]
_SUMMARY = {
    "total": 300,
    "exitosos": 298,
    "rechazados": 2,
    "duplicados": 8,
    "productos_creados": 290,
    "productos_actualizados": 5,
    "sin_cambios": 3,
    "superados": 0,
}
_PENDING = TaskRecord.pending(_UPLOAD)
_RUNNING = msgspec.structs.replace(
    _PENDING,
    status=TaskStatus.PROCESSING,
    updated_at=_BEGUN,
    progress=Progress(total=300, processed=150, successful=149, failed=1),
    revision=16,
)
_COMPLETED = msgspec.structs.replace(
    _RUNNING,
    status=TaskStatus.COMPLETED,
    updated_at=_OVER,
    completed_at=_OVER,
    progress=Progress(total=300, processed=300, successful=298, failed=2),
    result={"resumen": _SUMMARY, "productos_creados": ["PROD001", "PROD002"]},
    row_errors=_ERRORS,
    fault_groups=_GROUPS,
    columns=[{"column": "id", "header": "Código interno", "place": 1, "how": "synonym"}],
    notices=[{"code": "sheet_chosen", "params": {"sheet": "Productos", "others": ["Notas"]}}],
    facts={"sheet": "Productos"},
    resolved=1,
    corrections=[MENDED_ID],
    revision=34,
)
_CANCELLED = msgspec.structs.replace(
    _RUNNING, status=TaskStatus.CANCELLED, updated_at=_OVER, completed_at=_OVER, revision=17
)
_PRODUCT = Product(
    proveedor_id=PROVIDER_ID,
    id="PROD001",
    nombre="Guantes de nitrilo",
    codigo="GN-100",
    categoria="Insumos",
    precio_unitario=Decimal("12500.00"),
    certificado_sanitario="INVIMA 2024DM-0001",
    condiciones_almacenamiento="Seco",
    tiempo_entrega_dias=5,
    presentacion="Caja x 100",
    stock_minimo=10,
    stock_critico=5,
    requiere_lote=False,
    requiere_vencimiento=True,
    created_at=_OVER,
    updated_at=_OVER,
)
_ATTEMPT = Attempt(1, "worker-1", VERSION, 0, _BEGUN, _OVER, "completed")
_ACCOUNT = Account(
    _COMPLETED,
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    CORRELATION_ID,
    _SUMMARY,
    [_ATTEMPT],
)


def _plain(body: Any) -> Any:
    """Return a body as its reader decodes it."""
    return msgspec.json.decode(answers.encode(body))


ACCEPTED: Final = _plain(answers.accepted_body(_UPLOAD, PREFIX, "es"))
RUNNING: Final = _plain(answers.status_body(_RUNNING, PREFIX, "es"))
COMPLETED: Final = _plain(answers.status_body(_COMPLETED, PREFIX, "es"))
CANCELLED: Final = _plain(answers.status_body(_CANCELLED, PREFIX, "es"))
TASKS: Final = _plain(
    answers.tasks_body(
        TaskPage([_COMPLETED], TaskPlace(_TAKEN, TASK_ID)),
        f"{PREFIX}/bulk-upload/tasks?limit=1&cursor=",
        PREFIX,
        "es",
    )
)
ROW_ERRORS: Final = _plain(answers.row_errors_body(RowErrorPage(_ERRORS, _GROUPS, None), None, "es"))
CREATED: Final = _plain(
    answers.outputs_body(
        OutputPage(["PROD001", "PROD002"], Place(11, 2)),
        f"{PREFIX}/bulk-upload/{TASK_ID}/productos-creados",
        2,
    )
)
RECEIPT: Final = _plain(receipt_body(_ACCOUNT, "es"))
PRODUCT: Final = _plain(_PRODUCT)
PRODUCTS: Final = _plain(ProductPage([_PRODUCT], 290, encode_cursor(_PRODUCT.id)))
READY: Final = {
    "status": "ready",
    "checks": {"s3": "up", "sqs": "up", "redis": "up", "postgresql": "up"},
}


def _events() -> str:
    running = answers.encode(answers.status_body(_RUNNING, PREFIX, "es")).decode()
    end = answers.encode({"task_id": TASK_ID, "status": TaskStatus.COMPLETED}).decode()
    frames = (
        format_sse_event(retry=2000),
        format_sse_event(event="status", id=str(_RUNNING.revision), data_str=running),
        format_sse_event(comment="ping"),
        format_sse_event(event="end", data_str=end),
    )
    return b"".join(frames).decode()


EVENTS: Final = _events()
