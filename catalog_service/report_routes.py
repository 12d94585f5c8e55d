"""HTTP: what there is of an upload that is over: its rejected rows to mend or to try again, its receipt."""

from typing import Annotated
from uuid import UUID

from asgi_correlation_id import correlation_id
from fastapi import APIRouter, Depends, Query, Response

from catalog_service import answers, examples
from catalog_service.errors import (
    IdempotencyKeyReused,
    InvalidBoolean,
    InvalidIdempotencyKey,
    NoRejectedRows,
    ReportImpossible,
    ReportInPreparation,
    TaskNotFound,
    TaskNotOver,
    TaskWasDryRun,
    TooManyUploads,
    UploadGone,
)
from catalog_service.file_answers import ReportAnswer
from catalog_service.openapi import STORES, answer, changes, file_answer, problems
from catalog_service.parameters import (
    BOOLEAN_SCHEMA,
    IdempotencyKeyDep,
    LanguageDep,
    PrefixDep,
    Services,
    ServicesDep,
    TaskId,
    ValidateDep,
)
from catalog_service.receipt import receipt_body
from catalog_service.reports import ReportFormat
from catalog_service.retrying import RetryOrder, retry_rejected
from catalog_service.schemas import AcceptedBody, ReceiptBody
from catalog_service.validation import CONTENT_TYPES, parse_boolean
from common.texts import Language

#: What whoever asks for the rejected rows as a file may be told.
_NO_REPORT = (
    TaskNotFound,
    NoRejectedRows,
    TaskNotOver,
    UploadGone,
    ReportImpossible,
    ReportInPreparation,
    *STORES,
)


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
        **changes(
            *_NO_REPORT,
            TaskWasDryRun,
            InvalidBoolean,
            InvalidIdempotencyKey,
            IdempotencyKeyReused,
            TooManyUploads,
        ),
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

    They become an upload of their own, whose `origen` is this one. Those of a dry run cannot be: it loaded
    nothing, so they alone would be a part of a catalogue.
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


async def _report(task_id: UUID, format: ReportFormat, services: Services, language: Language) -> Response:
    task = await services.reports.task(task_id)
    opening = services.reports.open(task, format, language, correlation_id=correlation_id.get() or "")
    return ReportAnswer(opening, CONTENT_TYPES[f".{format}"])
