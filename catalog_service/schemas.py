"""The bodies of the API for its documentation (OpenAPI). Tests hold the answers to them."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class _Schema(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ProblemBody(BaseModel):
    """An error (RFC 9457). ``code`` is stable, sentences are for people; a code may bring its own fields."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    correlation_id: str | None


class AcceptedBody(_Schema):
    """An upload that was taken. ``status_url`` is where to poll."""

    message: str
    task_id: UUID
    status: Literal["pending"]
    status_url: str
    filename: str
    proveedor_id: str


class ProgressBody(_Schema):
    """Rows; ``processed = successful + failed``. ``total`` is 0 until the file has been opened."""

    total: int
    processed: int
    successful: int
    failed: int


class RowErrorBody(_Schema):
    """A rejected row: its number in the file (the header is 1), why, the stable codes of the faults, and the
    columns that have them (none where it is the row as a whole). ``resuelta_por``: the upload that has
    brought the row in since."""

    fila: int
    error: str
    codigos: list[str]
    columnas: list[str]
    resuelta_por: UUID | None


class FaultGroupBody(_Schema):
    """A fault and the number of rows that were rejected for it; ``columna`` is null for one of the whole
    row."""

    codigo: str
    columna: str | None
    filas: int
    primera_fila: int
    error: str


class NoticeBody(_Schema):
    """Something that a person should know of a file that was read all the same."""

    codigo: str
    advertencia: str


class ColumnBody(_Schema):
    """How a column of the file was understood; ``columna`` is null where it was ignored."""

    encabezado: str
    columna: str | None
    posicion: int
    como: str


class SummaryBody(BaseModel):
    """``exitosos + rechazados = total`` and ``productos_creados + productos_actualizados + sin_cambios =
    exitosos``; of the rows that changed nothing, ``superados`` had been overtaken by a later upload."""

    model_config = ConfigDict(extra="allow")

    total: int
    exitosos: int
    rechazados: int
    duplicados: int
    productos_creados: int
    productos_actualizados: int
    sin_cambios: int = 0
    superados: int = 0


class SampleRowBody(_Schema):
    """One of the first rows as it stands in the file, a cell for each column in their order."""

    fila: int
    celdas: list[str]


class LinksBody(_Schema):
    """Where the full lists are, the rejected rows as a file to mend and to send again, the receipt, and where
    to ask for the rejected rows to be tried again; null where no row is left to mend."""

    errores: str
    productos_creados: str
    errores_xlsx: str | None
    errores_csv: str | None
    recibo: str
    reintentar: str | None


class ResultBody(_Schema):
    """What an import did, or would do: then there is ``validacion``. The lists hold the first hundred, the
    groups are those of the most rows, fifty at most; ``lectura`` says how the file was read,
    ``muestra`` are its first rows."""

    mensaje: str
    resumen: SummaryBody
    productos_creados: list[str]
    validacion: Literal[True] | None = None
    errores: list[RowErrorBody]
    grupos_errores: list[FaultGroupBody]
    columnas: list[ColumnBody]
    lectura: dict[str, Any]
    muestra: list[SampleRowBody]
    enlaces: LinksBody


class OptionsBody(BaseModel):
    """What was asked for beside the file."""

    model_config = ConfigDict(extra="allow")

    reemplazar_duplicados: bool
    validar: bool


class CorrectionsBody(_Schema):
    """What has become of the rejected rows: how many are still open, how many have been brought in since, and
    by which uploads, oldest first."""

    abiertas: int
    resueltas: int
    cargas: list[UUID]


class TaskBody(_Schema):
    """What is known of a task. ``error`` and ``error_code`` once failed; ``advertencias`` from the moment in
    which the file is open; ``origen`` is the upload of which it mends rejected rows, ``correcciones`` what
    others have mended of its own, null while none has; ``conteos`` are counters of ``resumen`` as they grow,
    none before the first rows are in."""

    task_id: UUID
    status: Literal["pending", "processing", "completed", "failed", "cancelled"]
    filename: str
    proveedor_id: str
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None
    progress: ProgressBody
    error: str | None
    error_code: str | None
    advertencias: list[NoticeBody]
    opciones: OptionsBody
    origen: UUID | None
    correcciones: CorrectionsBody | None
    conteos: dict[str, int]


class StatusBody(TaskBody):
    """A task and, once it is completed, its ``result``."""

    result: ResultBody | None


class TaskEntryBody(TaskBody):
    """A task in the list: ``resumen`` is that of its result, null while it has none."""

    resumen: SummaryBody | None
    status_url: str


class TasksBody(_Schema):
    """A page of tasks, newest first; ``next`` is the URL of the next page, ``next_cursor`` its place, both
    null on the last."""

    tasks: list[TaskEntryBody]
    next: str | None
    next_cursor: str | None


class FileBody(_Schema):
    """The file that was taken. ``sha256`` is null where no worker has opened it."""

    nombre: str
    bytes: int | None
    sha256: str | None


class SenderBody(_Schema):
    """Who sent it, and the id of the request in which that was."""

    proveedor_id: str
    correlation_id: str | None


class CountsBody(_Schema):
    """``total = creados + actualizados + sin_cambios + rechazados + sin_procesar``, the last of them 0 when
    the upload is completed."""

    total: int
    creados: int
    actualizados: int
    sin_cambios: int
    rechazados: int
    sin_procesar: int


class AttemptBody(_Schema):
    """Who tried, from behind which row, and why that ended."""

    intento: int
    trabajador: str
    version: str | None
    desde_fila: int
    inicio: datetime
    fin: datetime | None
    motivo: str | None


class VersionsBody(_Schema):
    """Of the program, and of the form of the receipt."""

    carga: str
    recibo: int


class ReceiptBody(_Schema):
    """The account of an upload that is over."""

    recibo: int
    task_id: UUID
    estado: Literal["completed", "failed", "cancelled"]
    archivo: FileBody
    quien: SenderBody
    recibido: datetime
    terminado: datetime
    opciones: OptionsBody
    columnas: list[ColumnBody]
    lectura: dict[str, Any]
    advertencias: list[NoticeBody]
    recuento: CountsBody
    superados: int
    correcciones: CorrectionsBody | None
    origen: UUID | None
    error_code: str | None
    intentos: list[AttemptBody]
    versiones: VersionsBody


class RowErrorsBody(_Schema):
    """A page of rejected rows; ``next`` is the URL of the next, or null. The groups are those of all rows."""

    errores: list[RowErrorBody]
    grupos_errores: list[FaultGroupBody]
    next: str | None


class CreatedProductsBody(_Schema):
    """A page of ids of created products, in file order; ``next`` is the URL of the next, or null."""

    productos_creados: list[str]
    next: str | None


class ProductBody(_Schema):
    """A product; the fields have the names of the file's columns."""

    proveedor_id: str
    id: str
    nombre: str
    codigo: str
    categoria: str
    precio_unitario: float = Field(description="Written with exactly two decimals")
    certificado_sanitario: str
    condiciones_almacenamiento: str
    tiempo_entrega_dias: int
    presentacion: str | None
    stock_minimo: int
    stock_critico: int
    requiere_lote: bool
    requiere_vencimiento: bool
    created_at: datetime
    updated_at: datetime


class ProductPageBody(_Schema):
    """A page of products in the order of their ids; ``next_cursor`` is null on the last."""

    items: list[ProductBody]
    total: int
    next_cursor: str | None


class HealthBody(_Schema):
    """The process answers."""

    status: Literal["ok"]


class ReadyBody(_Schema):
    """Each dependency, up or down."""

    status: Literal["ready", "unavailable"]
    checks: dict[str, Literal["up", "down"]]
