"""What a browser is told with every answer, and what the pages of others may do."""

import httpx
import pytest
from fastapi import FastAPI
from pydantic import ValidationError

from common.http import CORRELATION_HEADER, install_http_basics
from common.security import SECURITY_HEADERS
from common.settings import HttpSettings

OURS = "https://carga.example"
ELSEWHERE = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}


def application(**settings: object) -> FastAPI:
    app = FastAPI()
    install_http_basics(app, HttpSettings.model_validate(settings))
    app.state.changes = 0

    @app.get("/things")
    async def things() -> list[str]:
        return []

    @app.post("/things", status_code=202)
    async def change() -> dict[str, str]:
        app.state.changes += 1
        return {}

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("not for clients")

    return app


def browser(app: FastAPI) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://service")


@pytest.mark.parametrize("allowed", ["", OURS])
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/things", 200),
        ("HEAD", "/things", 405),
        ("OPTIONS", "/things", 405),
        ("POST", "/things", 202),
        ("DELETE", "/things", 405),
        ("GET", "/nothing", 404),
        ("GET", "/broken", 500),
    ],
)
async def test_every_answer_has_the_headers(allowed: str, method: str, path: str, status: int) -> None:
    async with browser(application(cors_allowed_origins=allowed)) as client:
        answer = await client.request(method, path, headers={CORRELATION_HEADER: "order-1"})
    assert answer.status_code == status
    for name, value in SECURITY_HEADERS.items():
        assert answer.headers.get_list(name) == [value]
    assert answer.headers.get_list(CORRELATION_HEADER) == ["order-1"]
    assert not [name for name in answer.headers if name.startswith("access-control-")]


async def test_no_page_of_others_reads_or_changes_anything_by_default() -> None:
    app = application()
    async with browser(app) as client:
        preflight = await client.options(
            "/things", headers={**ELSEWHERE, "Access-Control-Request-Method": "POST"}
        )
        assert preflight.status_code == 405
        for site in ("cross-site", "same-site"):
            refused = await client.post("/things", headers={**ELSEWHERE, "Sec-Fetch-Site": site})
            assert (refused.status_code, refused.json()["code"]) == (403, "origin_not_allowed")
            assert refused.headers["content-type"] == "application/problem+json"
        read = await client.get("/things", headers=ELSEWHERE)
    assert app.state.changes == 0
    for answer in (preflight, refused, read):
        assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "none"}, {"Sec-Fetch-Site": "same-origin"}])
async def test_those_who_are_no_page_of_others_may(headers: dict[str, str]) -> None:
    async with browser(application()) as client:
        assert (await client.post("/things", headers=headers)).status_code == 202


async def test_a_page_of_a_named_origin_may() -> None:
    app = application(cors_allowed_origins=f"http://localhost:5173, {OURS}")
    from_ours = {"Origin": OURS, "Sec-Fetch-Site": "cross-site"}
    async with browser(app) as client:
        asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "idempotency-key"}
        preflight = await client.options("/things", headers={**from_ours, **asks})
        assert preflight.status_code == 200
        assert preflight.headers["access-control-allow-origin"] == OURS
        changed = await client.post("/things", headers=from_ours)
        assert (changed.status_code, app.state.changes) == (202, 1)
        assert changed.headers["access-control-allow-origin"] == OURS
        assert "Location" in changed.headers["access-control-expose-headers"]
        assert "access-control-allow-credentials" not in changed.headers


async def test_a_page_of_any_other_origin_may_not() -> None:
    app = application(cors_allowed_origins=OURS)
    async with browser(app) as client:
        for origin in ("https://carga.example.evil.test", "http://carga.example", "null", "*", ""):
            headers = {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
            assert (await client.post("/things", headers=headers)).status_code == 403
            read = await client.get("/things", headers=headers)
            assert "access-control-allow-origin" not in read.headers
    assert app.state.changes == 0


@pytest.mark.parametrize(
    "origins",
    [
        "*",
        "null",
        "carga.example",
        "https://a.example/",
        "https://*.example",
        "https://a.example\nx",
        "https://A.example",
    ],
)
def test_what_names_no_origin_is_refused_at_the_start(origins: str) -> None:
    with pytest.raises(ValidationError, match="cors_allowed_origins"):
        HttpSettings.model_validate({"cors_allowed_origins": f"{OURS},{origins}"})


def test_origins_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for text, origins in [("", ()), (f" {OURS} ,http://localhost:5173,", (OURS, "http://localhost:5173"))]:
        monkeypatch.setenv("CORS_ALLOWED_ORIGINS", text)
        assert HttpSettings().cors_allowed_origins == origins
