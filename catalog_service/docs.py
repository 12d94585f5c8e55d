"""The page that shows the API's documentation: Swagger UI, served from here with all that it needs."""

from importlib.resources import files
from typing import Final

from fastapi import APIRouter, FastAPI
from fastapi.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

DOCS_PATH: Final = "/docs"

_VENDORED: Final = "vendor/swagger-ui"
#: The page runs what comes from here and nothing else; the style sheet has its pictures in itself.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="{docs}/vendor/swagger-ui.css">
<link rel="icon" href="data:,">
</head>
<body>
<div id="docs"></div>
<script src="{docs}/vendor/swagger-ui-bundle.js"></script>
<script src="{docs}/start.js"></script>
</body>
</html>
"""
#: Without a validator: that would be somebody else's server.
_START: Final = """SwaggerUIBundle({{
  url: "{openapi}",
  dom_id: "#docs",
  deepLinking: true,
  validatorUrl: null,
  displayRequestDuration: true,
  tryItOutEnabled: true,
}});
"""


class _Vendored(StaticFiles):
    """Files that change with a release of ours: asked for each time, and sent when they have changed."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response


def add_docs(app: FastAPI) -> None:
    """Have ``app`` show its documentation."""
    router = APIRouter(include_in_schema=False)

    @router.get(DOCS_PATH)
    async def docs() -> HTMLResponse:
        page = _PAGE.format(title=app.title, docs=DOCS_PATH)
        return HTMLResponse(page, headers={"Content-Security-Policy": _POLICY})

    @router.get(f"{DOCS_PATH}/start.js")
    async def start() -> Response:
        return Response(_START.format(openapi=app.openapi_url), media_type="text/javascript")

    app.include_router(router)
    directory = files("catalog_service") / _VENDORED
    app.mount(f"{DOCS_PATH}/vendor", _Vendored(directory=str(directory)))
