"""HTTP: what comes in is read and checked, what goes out is rendered; the work is done elsewhere."""

from dataclasses import dataclass
from typing import Annotated, cast
from uuid import UUID

from asgi_correlation_id import correlation_id
from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response

from catalog_service import answers
from catalog_service.cancel import Cancellation
from catalog_service.errors import ProductNotFound
from catalog_service.multipart_stream import RequestBody, check_declared_length, open_form
from catalog_service.openapi import UPLOAD_BODY, file_answer, problems
from catalog_service.products import MAX_PAGE, Products
from catalog_service.schemas import (
    AcceptedBody,
    CreatedProductsBody,
    ProductBody,
    ProductPageBody,
    RowErrorsBody,
    StatusBody,
)
from catalog_service.settings import Settings
from catalog_service.task_lists import MAX_PAGE as MAX_LIST_PAGE
from catalog_service.task_lists import PLACE_PATTERN, Place, TaskLists
from catalog_service.templates import csv_template, xlsx_template
from catalog_service.uploads import Stores, UploadOrder, UploadsUnderWay, accept_upload
from catalog_service.validation import (
    BOOLEAN_PATTERN,
    CONTENT_TYPES,
    IDEMPOTENCY_KEY_PATTERN,
    PROVIDER_ID_PATTERN,
    check_idempotency_key,
    check_provider_id,
    parse_boolean,
)
from common.texts import Language, choose_language

PREFIX = "/api/catalog"
V1_PREFIX = "/api/v1/catalog"

_LARGEST_ROW = 2**63 - 1
_BOOLEAN = {"pattern": BOOLEAN_PATTERN, "examples": ["true", "false"]}


@dataclass(frozen=True)
class Services:
    """All that the routes use, made in the lifespan of the application."""

    settings: Settings
    stores: Stores
    under_way: UploadsUnderWay
    cancellation: Cancellation
    lists: TaskLists
    products: Products


async def _services(request: Request) -> Services:
    return cast("Services", request.app.state.services)


async def _language(request: Request) -> Language:
    return choose_language(request.headers.get("accept-language"))


def prefix_of(request: Request) -> str:
    """Return the prefix that the caller used: the links in an answer lead back the same way."""
    return V1_PREFIX if request.scope["path"].startswith(V1_PREFIX) else PREFIX


async def _prefix(request: Request) -> str:
    return prefix_of(request)


async def _provider_id(
    proveedor_id: Annotated[
        str,
        Query(
            description="1-64 of A-Z a-z 0-9 . _ -, the first a letter or digit",
            json_schema_extra={"pattern": PROVIDER_ID_PATTERN},
        ),
    ],
) -> str:
    return check_provider_id(proveedor_id)


async def _replace(
    reemplazar_duplicados: Annotated[
        str,
        Query(
            description="Whether a product that exists is updated or its row rejected",
            json_schema_extra=_BOOLEAN,
        ),
    ] = "false",
) -> bool:
    return parse_boolean("reemplazar_duplicados", reemplazar_duplicados)


async def _validate(
    validar: Annotated[
        str,
        Query(
            description="A dry run: everything but write; the result tells what would be",
            json_schema_extra=_BOOLEAN,
        ),
    ] = "false",
) -> bool:
    return parse_boolean("validar", validar)


async def _examples(
    ejemplos: Annotated[str, Query(description="With example rows", json_schema_extra=_BOOLEAN)] = "false",
) -> bool:
    return parse_boolean("ejemplos", ejemplos)


async def _idempotency_key(
    key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description="1-255 visible ASCII characters; a retry finds its task",
            json_schema_extra={"pattern": IDEMPOTENCY_KEY_PATTERN},
        ),
    ] = None,
) -> str | None:
    return None if key is None else check_idempotency_key(key)


ServicesDep = Annotated[Services, Depends(_services)]
LanguageDep = Annotated[Language, Depends(_language)]
PrefixDep = Annotated[str, Depends(_prefix)]
ProviderDep = Annotated[str, Depends(_provider_id)]
ListLimit = Annotated[int, Query(ge=1, le=MAX_LIST_PAGE)]

router = APIRouter()


@router.post(
    "/items/bulk-upload",
    status_code=202,
    tags=["uploads"],
    responses={202: {"model": AcceptedBody}, **problems(400, 403, 408, 413, 415, 422, 503)},
    openapi_extra=UPLOAD_BODY,
)
async def upload(
    request: Request,
    services: ServicesDep,
    language: LanguageDep,
    prefix: PrefixDep,
    proveedor_id: ProviderDep,
    replace: Annotated[bool, Depends(_replace)],
    validate: Annotated[bool, Depends(_validate)],
    key: Annotated[str | None, Depends(_idempotency_key)],
) -> Response:
    """Take a catalogue file; it is imported afterwards, and its task is polled meanwhile."""
    limit_mb = services.settings.max_file_size_mb
    check_declared_length(request.headers.get("content-length"), limit_mb=limit_mb)
    body = RequestBody(
        request.receive,
        limit_mb=limit_mb,
        idle_seconds=services.settings.upload_idle_timeout_seconds,
        total_seconds=services.settings.upload_timeout_seconds,
    )
    form = open_form(request.headers.get("content-type", ""), body, limit_mb=limit_mb)
    order = UploadOrder(proveedor_id, replace, validate, key, correlation_id.get() or "")
    with services.under_way.noted():
        accepted = await accept_upload(order, form, services.stores)
    location = {"Location": answers.status_url(accepted.task_id, prefix)}
    return answers.json_response(
        answers.accepted_body(accepted, prefix, language), status=202, headers=location
    )


@router.post(
    "/bulk-upload/{task_id}/cancel",
    tags=["uploads"],
    responses={200: {"model": StatusBody}, **problems(403, 404, 409, 422, 503)},
)
async def cancel(task_id: UUID, services: ServicesDep, language: LanguageDep, prefix: PrefixDep) -> Response:
    """Call an upload off: one that waits never starts, one that runs stops at its next batch."""
    record = await services.cancellation.cancel(task_id)
    return answers.json_response(answers.status_body(record, prefix, language))


@router.get(
    "/bulk-upload/{task_id}/errores",
    tags=["uploads"],
    responses={200: {"model": RowErrorsBody}, **problems(404, 422, 503)},
)
async def row_errors(
    task_id: UUID,
    services: ServicesDep,
    language: LanguageDep,
    prefix: PrefixDep,
    after: Annotated[int, Query(ge=0, le=_LARGEST_ROW)] = 0,
    limit: ListLimit = MAX_LIST_PAGE,
) -> Response:
    """List the rejected rows of an upload, as far as it has come."""
    record = await services.stores.finder.find(task_id)
    page = await services.lists.row_errors(record.proveedor_id, task_id, after=after, limit=limit)
    url = f"{prefix}/bulk-upload/{task_id}/errores"
    return answers.json_response(answers.row_errors_body(page, url, limit, language))


@router.get(
    "/bulk-upload/{task_id}/productos-creados",
    tags=["uploads"],
    responses={200: {"model": CreatedProductsBody}, **problems(404, 422, 503)},
)
async def created_products(
    task_id: UUID,
    services: ServicesDep,
    prefix: PrefixDep,
    after: Annotated[
        str, Query(description="Comes with `next`", json_schema_extra={"pattern": PLACE_PATTERN})
    ] = "0.0",
    limit: ListLimit = MAX_LIST_PAGE,
) -> Response:
    """List the ids of the products that an upload created, as far as it has come."""
    place = Place.parse(after)
    record = await services.stores.finder.find(task_id)
    page = await services.lists.outputs(record.proveedor_id, task_id, after=place, limit=limit)
    url = f"{prefix}/bulk-upload/{task_id}/productos-creados"
    return answers.json_response(answers.outputs_body(page, url, limit))


@router.get(
    "/items/bulk-upload/plantilla.xlsx",
    tags=["templates"],
    responses={**file_answer(CONTENT_TYPES[".xlsx"]), **problems(422)},
    response_class=Response,
)
async def template_xlsx(examples: Annotated[bool, Depends(_examples)], language: LanguageDep) -> Response:
    """Download the template as a workbook: a sheet to fill in and one that explains every column."""
    return _download(
        xlsx_template(language, examples=examples), CONTENT_TYPES[".xlsx"], "plantilla_productos.xlsx"
    )


@router.get(
    "/items/bulk-upload/plantilla.csv",
    tags=["templates"],
    responses={**file_answer(CONTENT_TYPES[".csv"]), **problems(422)},
    response_class=Response,
)
async def template_csv(examples: Annotated[bool, Depends(_examples)]) -> Response:
    """Download the template as CSV in UTF-8."""
    return _download(csv_template(examples=examples), "text/csv; charset=utf-8", "plantilla_productos.csv")


@router.get("/items", tags=["items"], responses={200: {"model": ProductPageBody}, **problems(422, 503)})
async def items(
    services: ServicesDep,
    proveedor_id: ProviderDep,
    q: Annotated[
        str, Query(max_length=255, description="Part of id, codigo or nombre; case and accents aside")
    ] = "",
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before")] = None,
) -> Response:
    """List a provider's products in the order of their ids."""
    return answers.json_response(
        await services.products.page(proveedor_id, search=q, limit=limit, cursor=cursor)
    )


@router.get(
    "/items/{id:path}", tags=["items"], responses={200: {"model": ProductBody}, **problems(404, 422, 503)}
)
async def item(
    services: ServicesDep, proveedor_id: ProviderDep, product_id: Annotated[str, Path(alias="id")]
) -> Response:
    """Show one product of a provider."""
    product = await services.products.get(proveedor_id, product_id)
    if product is None:
        raise ProductNotFound(proveedor_id=proveedor_id, id=product_id)
    return answers.json_response(product)


def _download(content: bytes, media_type: str, filename: str) -> Response:
    return Response(
        content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{filename}"'}
    )
