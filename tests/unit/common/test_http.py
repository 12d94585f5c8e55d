"""What every HTTP service does to every request."""

import httpx
import pytest
import structlog
from fastapi import FastAPI
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from common.http import CORRELATION_HEADER, install_http_basics
from common.settings import HttpSettings


def application() -> FastAPI:
    app = FastAPI()
    install_http_basics(app, HttpSettings())

    @app.get("/things/{name:path}")
    async def thing(name: str) -> dict[str, str]:
        structlog.get_logger("service").info("thing_shown")
        return {"name": name}

    @app.get("/health")
    async def health() -> None: ...

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("not for clients")

    return app


async def get(path: str, headers: dict[str, str] | None = None) -> httpx.Response:
    transport = httpx.ASGITransport(application(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        return await client.get(path, headers=headers)


async def test_every_event_of_a_request_carries_its_correlation_id() -> None:
    with capture_logs([merge_contextvars]) as events:
        response = await get("/things/x", {CORRELATION_HEADER: "order-1"})
    assert response.headers[CORRELATION_HEADER] == "order-1"
    assert [(event["event"], event["correlation_id"]) for event in events] == [
        ("thing_shown", "order-1"),
        ("request_handled", "order-1"),
    ]


async def test_the_route_is_logged_and_never_what_stands_in_the_address() -> None:
    with capture_logs() as events:
        await get("/things/secret/product?q=secret")
    handled = events[-1]
    assert (handled["route"], handled["status"], handled["method"]) == ("/things/{name:path}", 200, "GET")
    assert "secret" not in repr(events)


@pytest.mark.parametrize(
    ("path", "level"), [("/health", "debug"), ("/things/x", "info"), ("/nothing", "info")]
)
async def test_probes_are_quiet(path: str, level: str) -> None:
    with capture_logs() as events:
        await get(path)
    assert events[-1]["log_level"] == level


async def test_a_crash_is_a_problem_without_its_reason_and_a_log_entry_with_it() -> None:
    with capture_logs([merge_contextvars]) as events:
        response = await get("/broken", {CORRELATION_HEADER: "order-1"})
    assert response.status_code == 500
    assert response.headers["Content-Type"] == "application/problem+json"
    assert (response.json()["code"], response.json()["correlation_id"]) == ("internal_error", "order-1")
    assert "not for clients" not in response.text
    crash = next(event for event in events if event["event"] == "request_crashed")
    assert crash["correlation_id"] == "order-1"
    assert isinstance(crash["exc_info"], RuntimeError)


@pytest.mark.parametrize("sent", [None, "", "with space", "x" * 65, "a;b", "a\tb"])
async def test_an_id_is_made_where_none_of_use_came(sent: str | None) -> None:
    headers = {} if sent is None else {CORRELATION_HEADER: sent}
    made = (await get("/things/x", headers)).headers[CORRELATION_HEADER]
    assert made != sent
    assert len(made) == 36
