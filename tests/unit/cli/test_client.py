"""The client against a server that answers as Carga does, as something else does, or not at all."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from cli.client import Refused, Unreachable, connect
from cli.errors import CommandError
from cli.exit_codes import ExitCode
from cli.sources import Source
from infra.embedded.ports import free_port
from tests.support.serving import serving


async def _upload(request: Request) -> Response:
    body = await request.body()
    seen = {
        "length": int(request.headers["content-length"]) == len(body),
        "body": body.decode("latin-1"),
        "query": str(request.url.query),
        "language": request.headers["accept-language"],
        "key": request.headers["idempotency-key"],
    }
    return JSONResponse(seen, 202)


async def _status(request: Request) -> Response:
    path = request.scope["raw_path"].decode()
    if path.endswith("/teapot"):
        return PlainTextResponse("I am a teapot", 418)
    if path.endswith("/html"):
        return PlainTextResponse("<html>")
    if path.endswith("/busy"):
        return JSONResponse({"code": "storage_unavailable", "detail": "ahora no"}, 503)
    if path.endswith("/gone"):
        return JSONResponse({"code": "task_not_found", "detail": "no existe"}, 404)
    return JSONResponse({"path": path})


async def _cancel(request: Request) -> Response:
    if request.path_params["task_id"] == "over":
        return JSONResponse({"code": "task_over", "detail": "La carga ya terminó"}, 409)
    return JSONResponse({"task_id": request.path_params["task_id"], "status": "cancelled"})


@pytest.fixture
async def url() -> AsyncIterator[str]:
    """A server."""
    routes = [
        Route("/api/catalog/items/bulk-upload", _upload, methods=["POST"]),
        Route("/api/catalog/bulk-upload/status/{rest:path}", _status),
        Route("/api/catalog/bulk-upload/{task_id}/cancel", _cancel, methods=["POST"]),
    ]
    async with serving(Starlette(routes=routes)) as url:
        yield url


async def test_a_file_goes_out_piece_by_piece_with_its_name(url: str, tmp_path: Path) -> None:
    file = tmp_path / "catálogo.csv"
    file.write_bytes(b"x" * 300_000)
    pieces: list[int] = []
    source = Source(file, file.name, 300_000)
    async with connect(url, "en") as client:
        seen = await client.upload(
            source, "P 1&x=1", replace=True, validate=False, key="k1", on_bytes=pieces.append
        )
    assert sum(pieces) == 300_000
    assert len(pieces) > 2
    assert seen["length"] is True
    assert 'name="file"' in seen["body"]
    assert "cat" in seen["body"].split("filename")[1].splitlines()[0]
    assert seen["query"] == "proveedor_id=P+1%26x%3D1&reemplazar_duplicados=true&validar=false"
    assert seen["key"] == "k1"
    async with connect(url, "en") as client:
        seen = await client.upload(
            source, "P", replace=False, validate=True, key="k2", on_bytes=pieces.append
        )
    assert seen["query"] == "proveedor_id=P&reemplazar_duplicados=false&validar=true"
    assert seen["language"] == "en"


async def test_a_task_id_cannot_lead_anywhere_else(url: str) -> None:
    async with connect(url, "es") as client:
        seen = await client.status("../../health?x=1#y")
    assert seen["path"].startswith("/api/catalog/bulk-upload/status/")
    assert seen["path"].count("/") == 5


@pytest.mark.parametrize(("task_id", "exit_code"), [("gone", ExitCode.USAGE), ("busy", ExitCode.UNREACHABLE)])
async def test_a_problem_is_handed_on_whole(url: str, task_id: str, exit_code: ExitCode) -> None:
    async with connect(url, "es") as client:
        with pytest.raises(Refused) as refused:
            await client.status(task_id)
    assert refused.value.exit_code is exit_code
    assert refused.value.problem is not None
    assert refused.value.problem["code"] == refused.value.code


async def test_a_task_that_is_over_is_not_cancelled_and_the_reason_is_told(url: str) -> None:
    async with connect(url, "es") as client:
        assert await client.cancel("t-1") == {"task_id": "t-1", "status": "cancelled"}
        with pytest.raises(Refused) as refused:
            await client.cancel("over")
    assert refused.value.exit_code is ExitCode.USAGE
    assert refused.value.params["detail"] == "La carga ya terminó"


@pytest.mark.parametrize("task_id", ["teapot", "html"])
async def test_something_else_at_that_address_is_told_from_carga(url: str, task_id: str) -> None:
    async with connect(url, "es") as client:
        with pytest.raises(CommandError) as error:
            await client.status(task_id)
    assert error.value.code == "not_carga"
    assert error.value.exit_code is ExitCode.UNREACHABLE


async def test_nobody_there_is_told_with_the_address() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    async with connect(url, "es") as client:
        with pytest.raises(Unreachable) as error:
            await client.status("x")
    assert error.value.params["url"] == url


async def test_proxies_of_the_machine_are_not_asked_about_loopback(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    async with connect(url, "es") as client:
        assert await client.status("x")
