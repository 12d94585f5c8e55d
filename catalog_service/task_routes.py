"""HTTP: what can be asked about a task, and of it. Its status has routes of its own."""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from asgi_correlation_id import correlation_id
from fastapi import APIRouter, Depends, Query, Response

from catalog_service import answers, examples
from catalog_service.errors import (
    DatabaseUnavailable,
    IdempotencyKeyReused,
    InvalidBoolean,
    InvalidCursor,
    InvalidIdempotencyKey,
    InvalidProviderId,
    NoRejectedRows,
    ReportInPreparation,
    TaskNotFound,
    TaskNotOver,
    TaskOver,
    TooManyUploads,
    UploadGone,
)
from catalog_service.file_answers import ReportAnswer
from catalog_service.openapi import STORES, answer, changes, file_answer, problems
from catalog_service.parameters import (
    BOOLEAN_SCHEMA,
    AnyProviderDep,
    IdempotencyKeyDep,
    LanguageDep,
    ListLimit,
    PrefixDep,
    Services,
    ServicesDep,
    TaskId,
    ValidateDep,
)
from catalog_service.receipt import receipt_body
from catalog_service.reports import ReportFormat
from catalog_service.retrying import RetryOrder, retry_rejected
from catalog_service.row_filter import RowFilter
from catalog_service.schemas import (
    AcceptedBody,
    CreatedProductsBody,
    ReceiptBody,
    RowErrorsBody,
    StatusBody,
    TasksBody,
)
from catalog_service.task_list import MAX_PAGE as MAX_TASKS
from catalog_service.task_list import TaskPlace, TasksWanted
from catalog_service.task_lists import MAX_PAGE, PLACE_PATTERN, Place
from catalog_service.validation import CONTENT_TYPES, parse_boolean
from common.server import ServerBusy
from common.tasks import TaskStatus
from common.texts import Language

_LARGEST_ROW = 2**63 - 1
#: What whoever asks for the rejected rows as a file may be told.
_NO_REPORT = (TaskNotFound, NoRejectedRows, TaskNotOver, UploadGone, ReportInPreparation, *STORES)


async def _row_filter(
    language: LanguageDep,
    codigo: Annotated[str | None, Query(max_length=64, description="Rows with this fault")] = None,
    columna: Annotated[
        str | None, Query(max_length=64, description="Rows with a fault in this column")
    ] = None,
    abiertas: Annotated[
        str,
        Query(description="Only rows that no later upload has brought in", json_schema_extra=BOOLEAN_SCHEMA),
    ] = "false",
    q: Annotated[
        str,
        Query(
            max_length=255,
            description="Words, each of them the row's number or a part of a column's name or of the reason",
        ),
    ] = "",
) -> RowFilter:
    return RowFilter(codigo, columna, parse_boolean("abiertas", abiertas), q, language)


async def _replace(
    reemplazar_duplicados: Annotated[
        str | None,
        Query(
            description="Whether a product that exists is updated; by default as for the upload itself",
            json_schema_extra=BOOLEAN_SCHEMA,
        ),
    ] = None,
) -> bool | None:
    if reemplazar_duplicados is None:
        return None
    return parse_boolean("reemplazar_duplicados", reemplazar_duplicados)


router = APIRouter(tags=["uploads"])


@router.get(
    "/bulk-upload/tasks",
    responses={
        **answer(TasksBody, examples.TASKS),
        **problems(InvalidProviderId, InvalidCursor, DatabaseUnavailable, ServerBusy),
    },
)
async def tasks(
    services: ServicesDep,
    language: LanguageDep,
    prefix: PrefixDep,
    proveedor_id: AnyProviderDep,
    status: Annotated[list[TaskStatus] | None, Query(description="In this state; may be repeated")] = None,
    q: Annotated[
        str,
        Query(
            max_length=255,
            description="Part of the file's name, case and accents aside; or how the id begins",
        ),
    ] = "",
    limit: Annotated[int, Query(ge=1, le=MAX_TASKS)] = 50,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before")] = None,
) -> Response:
    """List uploads, newest first. One that no worker has taken yet (`pending`) is not among them."""
    behind = None if cursor is None else TaskPlace.parse(cursor)
    wanted = TasksWanted(proveedor_id, status or (), q)
    page = await services.tasks.page(wanted, behind=behind, limit=limit)
    asked = {"proveedor_id": proveedor_id, "status": status, "q": q or None, "limit": limit, "cursor": ""}
    url = f"{prefix}/bulk-upload/tasks?{_query(asked)}"
    return answers.json_response(answers.tasks_body(page, url, prefix, language))


@router.post(
    "/bulk-upload/{task_id}/cancel",
    responses={**answer(StatusBody, examples.CANCELLED), **changes(TaskNotFound, TaskOver, *STORES)},
)
async def cancel(
    task_id: TaskId, services: ServicesDep, language: LanguageDep, prefix: PrefixDep
) -> Response:
    """Call an upload off: one that waits never starts, one that runs stops at its next batch."""
    record = await services.cancellation.cancel(task_id)
    return answers.json_response(answers.status_body(record, prefix, language))


@router.get(
    "/bulk-upload/{task_id}/errores",
    responses={
        **answer(RowErrorsBody, examples.ROW_ERRORS),
        **problems(TaskNotFound, InvalidBoolean, *STORES),
    },
)
async def row_errors(
    task_id: TaskId,
    services: ServicesDep,
    language: LanguageDep,
    prefix: PrefixDep,
    wanted: Annotated[RowFilter, Depends(_row_filter)],
    after: Annotated[int, Query(ge=0, le=_LARGEST_ROW)] = 0,
    limit: ListLimit = MAX_PAGE,
) -> Response:
    """List the rejected rows of an upload, as far as it has come.

    Where only some are asked for, 10,000 rows are looked at for one page: it may hold few of them or none and
    have a `next` all the same.
    """
    record = await services.stores.finder.find(task_id)
    takes = None if wanted.takes_all else wanted.takes
    page = await services.lists.row_errors(
        record.proveedor_id, task_id, after=after, limit=limit, wanted=takes
    )
    next_url = None
    if page.next_after is not None:
        asked = {"after": page.next_after, "limit": limit, **wanted.asked}
        next_url = f"{prefix}/bulk-upload/{task_id}/errores?{_query(asked)}"
    return answers.json_response(answers.row_errors_body(page, next_url, language))


@router.get(
    "/bulk-upload/{task_id}/errores.xlsx",
    responses={**file_answer(CONTENT_TYPES[".xlsx"], "The workbook"), **problems(*_NO_REPORT)},
    response_class=Response,
)
async def rejected_rows_xlsx(task_id: TaskId, services: ServicesDep, language: LanguageDep) -> Response:
    """Download the rejected rows that are still open as a workbook, to mend and to upload.

    They are the rows of the file as they stood, in its order and with all its columns, behind four that say
    what is wrong and which rows they are. Uploaded again, the rows that are accepted count as mended here.
    """
    return await _report(task_id, "xlsx", services, language)


@router.get(
    "/bulk-upload/{task_id}/errores.csv",
    responses={**file_answer(CONTENT_TYPES[".csv"], "The file"), **problems(*_NO_REPORT)},
    response_class=Response,
)
async def rejected_rows_csv(task_id: TaskId, services: ServicesDep, language: LanguageDep) -> Response:
    """Download the rejected rows that are still open as CSV, to mend and to upload."""
    return await _report(task_id, "csv", services, language)


@router.post(
    "/bulk-upload/{task_id}/reintentar",
    status_code=202,
    responses={
        **answer(AcceptedBody, examples.ACCEPTED, status=202, description="Taken; `status_url` is its task"),
        **changes(*_NO_REPORT, InvalidBoolean, InvalidIdempotencyKey, IdempotencyKeyReused, TooManyUploads),
    },
)
async def retry(
    task_id: TaskId,
    services: ServicesDep,
    language: LanguageDep,
    prefix: PrefixDep,
    replace: Annotated[bool | None, Depends(_replace)],
    validate: ValidateDep,
    key: IdempotencyKeyDep,
) -> Response:
    """Try the rejected rows that are still open again, as they stand: what was wrong is mended elsewhere.

    They become an upload of their own, whose `origen` is this one.
    """
    order = RetryOrder(task_id, replace, validate, key, correlation_id.get() or "", language)
    with services.under_way.noted():
        accepted = await retry_rejected(order, services.reports, services.stores)
    location = {"Location": answers.status_url(accepted.task_id, prefix)}
    body = answers.accepted_body(accepted, prefix, language)
    return answers.json_response(body, status=202, headers=location)


@router.get(
    "/bulk-upload/{task_id}/recibo.json",
    responses={**answer(ReceiptBody, examples.RECEIPT), **problems(TaskNotFound, TaskNotOver, *STORES)},
)
async def receipt(task_id: TaskId, services: ServicesDep, language: LanguageDep) -> Response:
    """Account for every row of an upload that is over, and say who handled it and how it was read."""
    account = await services.receipts.account(task_id)
    return answers.json_response(receipt_body(account, language))


@router.get(
    "/bulk-upload/{task_id}/productos-creados",
    responses={
        **answer(CreatedProductsBody, examples.CREATED),
        **problems(TaskNotFound, InvalidCursor, *STORES),
    },
)
async def created_products(
    task_id: TaskId,
    services: ServicesDep,
    prefix: PrefixDep,
    after: Annotated[
        str, Query(description="Comes with `next`", json_schema_extra={"pattern": PLACE_PATTERN})
    ] = "0.0",
    limit: ListLimit = MAX_PAGE,
) -> Response:
    """List the ids of the products that an upload created, as far as it has come."""
    place = Place.parse(after)
    record = await services.stores.finder.find(task_id)
    page = await services.lists.outputs(record.proveedor_id, task_id, after=place, limit=limit)
    url = f"{prefix}/bulk-upload/{task_id}/productos-creados"
    return answers.json_response(answers.outputs_body(page, url, limit))


async def _report(task_id: UUID, format: ReportFormat, services: Services, language: Language) -> Response:
    task = await services.reports.task(task_id)
    opening = services.reports.open(task, format, language, correlation_id=correlation_id.get() or "")
    return ReportAnswer(opening, CONTENT_TYPES[f".{format}"])


def _query(asked: Mapping[str, object]) -> str:
    return urlencode({name: value for name, value in asked.items() if value is not None}, doseq=True)
