"""What the BFF passes on: these paths of the catalogue, under both prefixes, and no other.

The path that is asked of the catalogue service is put together anew from the route and its parameters, so no
spelling of a URL can lead anywhere else.
"""

import re
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

from bff.proxy import CatalogProxy
from common.problems import NotFound

_PREFIXES = ("/api/catalog", "/api/v1/catalog")
_PATHS = (
    ("POST", "/items/bulk-upload"),
    ("GET", "/items/bulk-upload/plantilla.xlsx"),
    ("GET", "/items/bulk-upload/plantilla.csv"),
    ("GET", "/bulk-upload/tasks"),
    ("GET", "/bulk-upload/status/{task_id}"),
    ("GET", "/bulk-upload/status/{task_id}/events"),
    ("POST", "/bulk-upload/{task_id}/cancel"),
    ("POST", "/bulk-upload/{task_id}/reintentar"),
    ("GET", "/bulk-upload/{task_id}/errores"),
    ("GET", "/bulk-upload/{task_id}/errores.xlsx"),
    ("GET", "/bulk-upload/{task_id}/errores.csv"),
    ("GET", "/bulk-upload/{task_id}/recibo.json"),
    ("GET", "/bulk-upload/{task_id}/productos-creados"),
    ("GET", "/items"),
    ("GET", "/items/{id:path}"),
)
_SEPARATORS = re.compile(r"[/\\]")


def catalog_routes() -> list[BaseRoute]:
    """Return the routes that are passed on."""
    return [
        _CatalogRoute(prefix + path, _PassOn(), methods=[method])
        for prefix in _PREFIXES
        for method, path in _PATHS
    ]


class _CatalogRoute(Route):
    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Name this route in the scope, as FastAPI's own do: for the path upstream, and for the log."""
        match, child_scope = super().matches(scope)
        return match, {**child_scope, "route": self}


class _PassOn:
    """The endpoint of all of them; an ASGI app, because the answer may begin before the request has ended."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        catalog: CatalogProxy = request.state.catalog
        await catalog.pass_on(request, _upstream_path(scope), send)


def _upstream_path(scope: Scope) -> str:
    params: dict[str, str] = scope["path_params"]
    if not all(_is_plain(value) for value in params.values()):
        raise NotFound(path=scope["path"])
    route: Route = scope["route"]
    return route.path_format.format(**{name: quote(value, safe="") for name, value in params.items()})


def _is_plain(value: str) -> bool:
    """Return whether the value is one thing, and no way up or out for whoever decodes it once more."""
    return value != "" and not {".", ".."} & set(_SEPARATORS.split(value))


def health_router() -> APIRouter:
    """Return the routes that say how this service itself is."""
    router = APIRouter()

    @router.get("/health")
    @router.get("/api/v1/inventory/health")
    async def health() -> dict[str, str]:
        """Say that this process is alive; older clients ask at the second address."""
        return {"status": "ok"}

    @router.get("/health/ready")
    async def ready(request: Request) -> Response:
        """Say whether requests can be passed on."""
        catalog: CatalogProxy = request.state.catalog
        alive = await catalog.is_alive()
        body = {
            "status": "ready" if alive else "unavailable",
            "checks": {"catalog_service": "up" if alive else "down"},
        }
        return JSONResponse(body, status_code=200 if alive else 503)

    return router
