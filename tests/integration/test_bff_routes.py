"""The BFF passes on the catalogue's own paths and nothing else, however a URL is spelled.

Requests go out as raw bytes: a client library would tidy the addresses before they leave.
"""

import asyncio
from collections.abc import AsyncIterator

import pytest
from yarl import URL

from tests.integration.bff_upstream import Upstream, answering, bff_for
from tests.support.serving import serving


class Line:
    """A connection to the BFF on which a test says what it likes."""

    def __init__(self, upstream: Upstream, bff: URL) -> None:
        self.upstream = upstream
        self._bff = bff

    async def ask(self, method: str, target: str) -> str:
        """Return the status and headers of the answer, in lower case."""
        reader, writer = await asyncio.open_connection(self._bff.host, self._bff.port)
        head = f"{method} {target} HTTP/1.1\r\nHost: bff\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        writer.write(head.encode("latin-1"))
        answer = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        return answer.partition(b"\r\n\r\n")[0].decode("latin-1").lower()


@pytest.fixture(scope="module")
async def open_line() -> AsyncIterator[Line]:
    upstream = Upstream(answering(200))
    async with serving(upstream) as url, bff_for(url) as bff:
        yield Line(upstream, bff)


@pytest.fixture
def line(open_line: Line) -> Line:
    open_line.upstream.requests.clear()
    return open_line


@pytest.mark.parametrize("prefix", ["/api/catalog", "/api/v1/catalog"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/items/bulk-upload?proveedor_id=PROV001&reemplazar_duplicados=true"),
        ("GET", "/items/bulk-upload/plantilla.xlsx?ejemplos=true"),
        ("GET", "/items/bulk-upload/plantilla.csv"),
        ("GET", "/bulk-upload/tasks?status=failed&status=completed&q=precios"),
        ("GET", "/bulk-upload/status/3f0c"),
        ("GET", "/bulk-upload/status/3f0c?wait=20"),
        ("GET", "/bulk-upload/status/3f0c/events"),
        ("GET", "/bulk-upload/3f0c/errores?after=10&limit=5"),
        ("GET", "/bulk-upload/3f0c/errores.xlsx"),
        ("GET", "/bulk-upload/3f0c/errores.csv"),
        ("GET", "/bulk-upload/3f0c/recibo.json"),
        ("POST", "/bulk-upload/3f0c/cancel"),
        ("POST", "/bulk-upload/3f0c/reintentar?validar=true"),
        ("GET", "/bulk-upload/3f0c/productos-creados"),
        ("GET", "/items?proveedor_id=PROV001&q=a%2Fb+c"),
        ("GET", "/items/PROD001?proveedor_id=PROV001"),
        ("GET", "/items/A%2FB%20%C3%B1"),
        ("HEAD", "/items"),
    ],
)
async def test_these_are_passed_on_as_they_are(line: Line, prefix: str, method: str, path: str) -> None:
    assert (await line.ask(method, prefix + path)).startswith("http/1.1 200")
    assert (line.upstream.requests[0].method, line.upstream.asked) == (method, prefix + path)


@pytest.mark.parametrize(
    ("target", "asked"),
    [
        ("/api/catalog/items/A/B", "/api/catalog/items/A%2FB"),
        ("/api%2Fcatalog/items", "/api/catalog/items"),
        ("/api/catalog/items/%252e%252e", "/api/catalog/items/%252e%252e"),
        ("/api/catalog/items/?a", None),
        ("http://evil.test/api/catalog/items?x=1", "/api/catalog/items?x=1"),
        ("/api/catalog/items/http://evil.test/", "/api/catalog/items/http%3A%2F%2Fevil.test%2F"),
    ],
)
async def test_odd_spellings_lead_to_the_catalogue_or_nowhere(
    line: Line, target: str, asked: str | None
) -> None:
    answer = await line.ask("GET", target)
    assert answer.startswith("http/1.1 404" if asked is None else "http/1.1 200")
    assert [line.upstream.asked for _ in line.upstream.requests] == ([asked] if asked else [])


@pytest.mark.parametrize(
    "target",
    [
        "/items",
        "/docs",
        "/openapi.json",
        "/api/catalog",
        "/api/catalog/",
        "/api/catalog//items",
        "//api/catalog/items",
        "//evil.test/api/catalog/items",
        "/api/catalog/items/",
        "/api/catalog/health",
        "/api/catalog/bulk-upload/3f0c",
        "/api/catalog/bulk-upload/3f0c/otros",
        "/api/catalog/bulk-upload/status/a%2Fb",
        "/api/catalog/bulk-upload/status/..",
        "/api/catalog/bulk-upload/%2e%2e/errores",
        "/api/catalog/items/..",
        "/api/catalog/items/../../../health",
        "/api/catalog/items/%2e%2e/%2e%2e/health",
        "/api/catalog/items/a%2F..%2Fb",
        "/api/catalog/items/..%5C..%5Chealth",
        "/api/catalog/items/./x",
        "/api/v2/catalog/items",
        "/API/catalog/items",
        "http://evil.test/items",
    ],
)
async def test_anything_else_is_not_found(line: Line, target: str) -> None:
    answer = await line.ask("GET", target)
    assert answer.startswith("http/1.1 404")
    assert "content-type: application/problem+json" in answer
    assert line.upstream.requests == []


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "@evil.test/api/catalog/items"),
        ("CONNECT", "evil.test:443"),
        ("GET", "/api/catalog/items\x01"),
    ],
)
async def test_what_is_no_http_goes_nowhere(line: Line, method: str, target: str) -> None:
    answer = await line.ask(method, target)
    assert answer == "" or answer.startswith("http/1.1 4")
    assert line.upstream.requests == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/items/PROD001"),
        ("POST", "/items"),
        ("PUT", "/items/bulk-upload"),
        ("POST", "/bulk-upload/status/3f0c"),
    ],
)
async def test_other_methods_are_refused_here(line: Line, method: str, path: str) -> None:
    answer = await line.ask(method, "/api/catalog" + path)
    assert answer.startswith("http/1.1 405")
    assert "\nallow: " in answer
    assert line.upstream.requests == []
