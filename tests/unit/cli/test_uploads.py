"""Sending, following and saving, against a service that loses answers and takes its time."""

import asyncio
import io
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from rich.console import Console
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from cli import saving
from cli.bars import bars
from cli.client import Unreachable, connect
from cli.errors import CommandError
from cli.exit_codes import ExitCode
from cli.screen import Screen
from cli.sources import Source
from cli.uploads import Order, Sent, exit_code_of_all, send, send_all
from infra.embedded.ports import free_port
from tests.support.faulty_proxy import Fault, FaultyProxy
from tests.support.serving import serving

_ORDER = Order("P1", replace=False, validate=False, wait=True)


class Service:
    """Answers as Carga does: a file's content says what becomes of it."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.at_once = 0
        self.most_at_once = 0
        self.polls: dict[str, int] = {}
        self.reports_asked = 0
        self.breaks_off = False

    def app(self) -> Starlette:
        base = "/api/catalog/bulk-upload"
        return Starlette(
            routes=[
                Route("/api/catalog/items/bulk-upload", self.upload, methods=["POST"]),
                Route(base + "/status/{task_id}", self.status),
                Route(base + "/{task_id}/errores.{format}", self.report),
            ]
        )

    async def upload(self, request: Request) -> Response:
        body = (await request.body()).decode()
        if "REFUSED" in body:
            return JSONResponse({"code": "content_mismatch", "detail": "no es un catálogo"}, 415)
        self.keys.append(request.headers["idempotency-key"])
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        task_id = next(word for word in body.split() if word.startswith("task-"))
        return JSONResponse({"task_id": task_id, "filename": "x.csv"}, 202)

    async def status(self, request: Request) -> Response:
        task_id = request.path_params["task_id"]
        self.polls[task_id] = self.polls.get(task_id, 0) + 1
        over = self.polls[task_id] > 1
        if over:
            self.at_once -= 1
        failed = 3 if "rejected" in task_id else 0
        rows = {"total": 9, "processed": 9, "successful": 9 - failed, "failed": failed}
        status = "processing" if not over else "failed" if "fails" in task_id else "completed"
        return JSONResponse({"task_id": task_id, "status": status, "progress": rows})

    async def report(self, request: Request) -> Response:
        self.reports_asked += 1
        if request.path_params["task_id"] == "none":
            return JSONResponse({"code": "no_rejected_rows", "detail": "ninguna"}, 404)
        if self.reports_asked == 1:
            return JSONResponse({"code": "report_in_preparation", "detail": "un momento"}, 503)
        # one that promises more than comes is broken off
        headers = {"content-length": "999"} if self.breaks_off else None
        return PlainTextResponse("motivo;fila", headers=headers)


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
async def url(service: Service) -> AsyncIterator[str]:
    async with serving(service.app()) as url:
        yield url


@pytest.fixture
def screen() -> Screen:
    return Screen("es", Console(file=io.StringIO()), Console(file=io.StringIO()))


def _source(folder: Path, name: str, content: str) -> Source:
    file = folder / name
    file.write_text(content)
    return Source(file, name, len(content))


async def _send_all(url: str, screen: Screen, files: list[Source]) -> list[Sent]:
    async with connect(url, "es") as client:
        with bars(screen) as shown:
            return await send_all(client, screen, shown, files, _ORDER)


async def test_each_of_several_files_has_its_own_end(
    service: Service, url: str, screen: Screen, tmp_path: Path
) -> None:
    contents = ["task-1 ok", "task-2-rejected", "REFUSED", "task-3-fails", "task-4", "task-5"]
    files = [_source(tmp_path, f"{i}.csv", content) for i, content in enumerate(contents)]
    results = await _send_all(url, screen, files)
    assert [sent.source for sent in results] == files
    assert [sent.answer and sent.answer["status"] for sent in results] == [
        "completed", "completed", None, "failed", "completed", "completed",
    ]  # fmt: skip
    refused = results[2].error
    assert refused is not None
    assert refused.code == "content_mismatch"
    assert service.most_at_once <= 3
    assert exit_code_of_all(results, waited=True) is ExitCode.FAILED
    assert exit_code_of_all(results[:2], waited=True) is ExitCode.REJECTED_ROWS
    assert exit_code_of_all([results[0], results[4]], waited=True) is ExitCode.OK
    assert exit_code_of_all([results[2]], waited=True) is ExitCode.USAGE


async def test_a_file_whose_answer_was_lost_is_sent_again_under_the_same_key(
    service: Service, url: str, screen: Screen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.uploads._PAUSE_SECONDS", 0)
    proxy = FaultyProxy(url, b"task-9", Fault.LOST_ANSWER, which=(1).__eq__)
    async with proxy.serve() as cutting_url:
        results = await _send_all(cutting_url, screen, [_source(tmp_path, "a.csv", "task-9")])
    assert proxy.spoiled == 1
    assert len(service.keys) == 2
    assert len(set(service.keys)) == 1
    assert results[0].answer is not None


async def test_nobody_there_is_told_at_once(screen: Screen, tmp_path: Path) -> None:
    source = _source(tmp_path, "a.csv", "task-1")
    async with connect(f"http://127.0.0.1:{free_port()}", "es") as client:
        with bars(screen) as shown, pytest.raises(Unreachable) as told:
            await asyncio.wait_for(send(client, screen, shown, source, _ORDER), timeout=20)
    assert told.value.never_reached


async def test_rejected_rows_are_saved_once_their_file_is_ready(
    service: Service, url: str, screen: Screen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.saving._PAUSE_SECONDS", 0)
    target = tmp_path / "corregir.CSV"
    async with connect(url, "es") as client:
        await saving.save(client, screen, "t", target)
        assert target.read_text() == "motivo;fila"
        assert service.reports_asked == 2
        for task_id, path, code in (
            ("none", tmp_path / "x.csv", "no_rejected_rows"),
            ("t", tmp_path / "x.pdf", "wrong_suffix"),
            ("t", tmp_path / "no" / "x.csv", "file_not_written"),
        ):
            with pytest.raises(CommandError) as told:
                await saving.save(client, screen, task_id, path)
            assert told.value.code == code
            assert not path.exists()
        service.breaks_off = True
        with pytest.raises(Unreachable):
            await saving.save(client, screen, "t", target)
        assert target.read_text() == "motivo;fila"
    # nothing half made is left either
    assert sorted(os.listdir(tmp_path)) == [target.name]  # noqa: PTH208 - nothing else is going on


def test_where_rejected_rows_go_is_checked_before_anything_is_sent(tmp_path: Path) -> None:
    saving.check_target(tmp_path / "a.xlsx", several=False)
    saving.check_target(tmp_path / "new" / "folder", several=True)
    assert (tmp_path / "new" / "folder").is_dir()
    (tmp_path / "file").write_text("")
    for target, several, code in (
        (tmp_path / "a.doc", False, "wrong_suffix"),
        (tmp_path / "file", True, "not_a_folder"),
    ):
        with pytest.raises(CommandError) as told:
            saving.check_target(target, several=several)
        assert told.value.code == code
