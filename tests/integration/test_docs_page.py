"""The documentation: a page that needs nothing but this API, and may load nothing else."""

import re

from common.security import SECURITY_HEADERS
from tests.support.catalog_api import assert_problem, catalog_api


async def test_all_that_the_page_loads_comes_from_here(environment: dict[str, str]) -> None:
    async with catalog_api(environment) as client:
        page = await client.get("/docs")
        loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
        assert [address for address in loaded if not address.startswith("/docs/")] == ["data:,"]
        assets = {address: await client.get(address) for address in loaded if address.startswith("/")}
        start = assets["/docs/start.js"]
        (document_url,) = re.findall(r'url: "([^"]+)"', start.text)
        document = await client.get(document_url)
        known = {"If-None-Match": assets["/docs/vendor/swagger-ui.css"].headers["etag"]}
        again = await client.get("/docs/vendor/swagger-ui.css", headers=known)
        gone = [await client.get(path) for path in ("/redoc", "/docs/vendor/x", "/docs/vendor/../main.py")]
    assert (page.status_code, document.status_code, again.status_code) == (200, 200, 304)
    assert document.json()["paths"]
    types = {address.rpartition(".")[2]: asset.headers["content-type"] for address, asset in assets.items()}
    assert types == {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8"}
    assert all(asset.status_code == 200 and asset.content for asset in assets.values())
    assert "SwaggerUIBundle" in assets["/docs/vendor/swagger-ui-bundle.js"].text
    for asset in assets.values():
        assert asset.headers["x-content-type-options"] == "nosniff"
        assert "sourceMappingURL" not in asset.text
    for answer in gone:
        assert_problem(answer, 404, "not_found")


async def test_it_runs_what_comes_from_here_and_nothing_else(environment: dict[str, str]) -> None:
    async with catalog_api(environment) as client:
        page, document = await client.get("/docs"), await client.get("/openapi.json")
    directives = (part.split() for part in page.headers["content-security-policy"].split(";"))
    policy = {name: set(sources) for name, *sources in directives}
    assert policy.pop("default-src") == {"'none'"}
    assert policy.pop("img-src") == {"'self'", "data:"}
    for name in ("script-src", "style-src", "connect-src"):
        assert policy.pop(name) == {"'self'"}
    assert all(sources == {"'none'"} for sources in policy.values())
    assert not re.search(r"<script>|<style|\bon\w+=|style=", page.text)
    assert page.headers["x-content-type-options"] == "nosniff"
    assert document.headers["content-security-policy"] == SECURITY_HEADERS["Content-Security-Policy"]
