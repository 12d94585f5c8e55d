"""What a request says: its parameters, read and checked; and what answers it."""

from dataclasses import dataclass
from typing import Annotated, Final, cast
from uuid import UUID

from fastapi import Depends, Header, Path, Query, Request

from catalog_service import examples
from catalog_service.cancel import Cancellation
from catalog_service.products import Products
from catalog_service.receipt import Receipts
from catalog_service.reports import Reports
from catalog_service.settings import Settings
from catalog_service.task_list import TaskList
from catalog_service.task_lists import MAX_PAGE, TaskLists
from catalog_service.uploads import Stores, UploadsUnderWay
from catalog_service.validation import (
    BOOLEAN_PATTERN,
    IDEMPOTENCY_KEY_PATTERN,
    PROVIDER_ID_PATTERN,
    check_idempotency_key,
    check_provider_id,
    parse_boolean,
)
from catalog_service.watching import Watches
from common.texts import Language, choose_language

PREFIX: Final = "/api/catalog"
V1_PREFIX: Final = "/api/v1/catalog"

BOOLEAN_SCHEMA: Final = {"pattern": BOOLEAN_PATTERN, "examples": ["true", "false"]}
_PROVIDER_SCHEMA: Final = {"pattern": PROVIDER_ID_PATTERN, "examples": ["PROV001"]}


@dataclass(frozen=True)
class Services:
    """All that the routes use, made in the lifespan of the application."""

    settings: Settings
    stores: Stores
    under_way: UploadsUnderWay
    cancellation: Cancellation
    watches: Watches
    lists: TaskLists
    tasks: TaskList
    products: Products
    receipts: Receipts
    reports: Reports


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
            json_schema_extra=_PROVIDER_SCHEMA,
        ),
    ],
) -> str:
    return check_provider_id(proveedor_id)


async def _any_provider_id(
    proveedor_id: Annotated[
        str | None, Query(description="Of this provider only", json_schema_extra=_PROVIDER_SCHEMA)
    ] = None,
) -> str | None:
    return None if proveedor_id is None else check_provider_id(proveedor_id)


async def _validate(
    validar: Annotated[
        str,
        Query(
            description="A dry run: everything but write; the result tells what would be",
            json_schema_extra=BOOLEAN_SCHEMA,
        ),
    ] = "false",
) -> bool:
    return parse_boolean("validar", validar)


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


TaskId = Annotated[
    UUID, Path(description="As it came with the 202", json_schema_extra={"examples": [str(examples.TASK_ID)]})
]
ServicesDep = Annotated[Services, Depends(_services)]
LanguageDep = Annotated[Language, Depends(_language)]
PrefixDep = Annotated[str, Depends(_prefix)]
ProviderDep = Annotated[str, Depends(_provider_id)]
AnyProviderDep = Annotated[str | None, Depends(_any_provider_id)]
ValidateDep = Annotated[bool, Depends(_validate)]
IdempotencyKeyDep = Annotated[str | None, Depends(_idempotency_key)]
ListLimit = Annotated[int, Query(ge=1, le=MAX_PAGE)]
