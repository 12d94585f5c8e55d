"""The BFF's application: all wiring."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from bff.page import Page, page_router
from bff.proxy import CatalogProxy, open_proxy
from bff.routes import catalog_routes, health_router
from bff.settings import Settings
from common.http import install_http_basics


def create_app(settings: Settings) -> FastAPI:
    """Return the application; connections are opened when it starts."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, CatalogProxy]]:
        async with open_proxy(settings) as catalog:
            yield {"catalog": catalog}

    app = FastAPI(
        title="Carga: BFF",
        lifespan=lifespan,
        openapi_url=None,
        # a slash too many is another address; redirecting would trust the Host header
        redirect_slashes=False,
    )
    install_http_basics(app, settings)
    app.include_router(health_router())
    app.include_router(page_router(Page()))
    app.router.routes.extend(catalog_routes())
    return app
