"""HTTP: what comes in is read and checked, what goes out is rendered; the work is done elsewhere."""

from typing import Annotated

from asgi_correlation_id import correlation_id
from fastapi import APIRouter, Depends, Path, Query, Request, Response

from catalog_service import answers, examples
from catalog_service.errors import (
    DatabaseUnavailable,
    IdempotencyKeyReused,
    InvalidBoolean,
    InvalidCursor,
    InvalidIdempotencyKey,
    InvalidProviderId,
    ProductNotFound,
    TooManyUploads,
    UploadRefused,
)
from catalog_service.multipart_stream import RequestBody, check_declared_length, open_form
from catalog_service.openapi import STORES, UPLOAD_BODY, answer, changes, file_answer, problems
from catalog_service.parameters import (
    BOOLEAN_SCHEMA,
    IdempotencyKeyDep,
    LanguageDep,
    PrefixDep,
    ProviderDep,
    ServicesDep,
    ValidateDep,
)
from catalog_service.products import MAX_PAGE
from catalog_service.schemas import AcceptedBody, ProductBody, ProductPageBody
from catalog_service.templates import csv_template, xlsx_template
from catalog_service.uploads import UploadOrder, accept_upload
from catalog_service.validation import CONTENT_TYPES, parse_boolean
from common.server import ServerBusy

_PARAMETERS = (InvalidProviderId, InvalidBoolean)


async def _replace(
    reemplazar_duplicados: Annotated[
        str,
        Query(
            description="Whether a product that exists is updated or its row rejected",
            json_schema_extra=BOOLEAN_SCHEMA,
        ),
    ] = "false",
) -> bool:
    return parse_boolean("reemplazar_duplicados", reemplazar_duplicados)


async def _examples(
    ejemplos: Annotated[
        str, Query(description="With example rows", json_schema_extra=BOOLEAN_SCHEMA)
    ] = "false",
) -> bool:
    return parse_boolean("ejemplos", ejemplos)


router = APIRouter()


@router.post(
    "/items/bulk-upload",
    status_code=202,
    tags=["uploads"],
    responses={
        **answer(AcceptedBody, examples.ACCEPTED, status=202, description="Taken; `status_url` is its task"),
        **changes(
            UploadRefused, *_PARAMETERS, InvalidIdempotencyKey, IdempotencyKeyReused, TooManyUploads, *STORES
        ),
    },
    openapi_extra=UPLOAD_BODY,
)
async def upload(
    request: Request,
    services: ServicesDep,
    language: LanguageDep,
    prefix: PrefixDep,
    proveedor_id: ProviderDep,
    replace: Annotated[bool, Depends(_replace)],
    validate: ValidateDep,
    key: IdempotencyKeyDep,
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


@router.get(
    "/items/bulk-upload/plantilla.xlsx",
    tags=["templates"],
    responses={**file_answer(CONTENT_TYPES[".xlsx"], "The workbook"), **problems(InvalidBoolean)},
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
    responses={**file_answer(CONTENT_TYPES[".csv"], "The file"), **problems(InvalidBoolean)},
    response_class=Response,
)
async def template_csv(examples: Annotated[bool, Depends(_examples)]) -> Response:
    """Download the template as CSV in UTF-8."""
    return _download(csv_template(examples=examples), "text/csv; charset=utf-8", "plantilla_productos.csv")


@router.get(
    "/items",
    tags=["items"],
    responses={
        **answer(ProductPageBody, examples.PRODUCTS),
        **problems(InvalidProviderId, InvalidCursor, DatabaseUnavailable, ServerBusy),
    },
)
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
    "/items/{id:path}",
    tags=["items"],
    responses={
        **answer(ProductBody, examples.PRODUCT),
        **problems(ProductNotFound, InvalidProviderId, DatabaseUnavailable, ServerBusy),
    },
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
