"""HTTP: what can be asked about a task, and of it. Its status has routes of its own."""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Response

from catalog_service import answers, examples
from catalog_service.errors import (
    DatabaseUnavailable,
    InvalidBoolean,
    InvalidCursor,
    InvalidProviderId,
    TaskNotFound,
    TaskOver,
)
from catalog_service.openapi import STORES, answer, changes, problems
from catalog_service.parameters import (
    BOOLEAN_SCHEMA,
    AnyProviderDep,
    LanguageDep,
    ListLimit,
    PrefixDep,
    ServicesDep,
    TaskId,
)
from catalog_service.row_filter import RowFilter
from catalog_service.schemas import (
    CreatedProductsBody,
    RowErrorsBody,
    StatusBody,
    TasksBody,
)
from catalog_service.task_list import MAX_PAGE as MAX_TASKS
from catalog_service.task_list import TaskPlace, TasksWanted
from catalog_service.task_lists import MAX_PAGE, PLACE_PATTERN, Place
from catalog_service.validation import parse_boolean
from common.server import ServerBusy
from common.tasks import TaskStatus

_LARGEST_ROW = 2**63 - 1


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


def _query(asked: Mapping[str, object]) -> str:
    return urlencode({name: value for name, value in asked.items() if value is not None}, doseq=True)
