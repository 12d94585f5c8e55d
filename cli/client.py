"""Carga over HTTP, as any other client sees it."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import httpx

from cli.errors import CommandError
from cli.exit_codes import ExitCode
from cli.sources import Source
from common.texts import Language, Text

Json = dict[str, Any]

_PREFIX = "/api/catalog"
_UNREACHABLE = Text(
    "Nadie responde en {url}. Inicie los servicios con «./carga up», o indique otra dirección con --url",
    "Nobody answers at {url}. Start the services with “./carga up”, or give another address with --url",
)
_REFUSED = Text("{detail}", "{detail}")
_NOT_CARGA = Text(
    "Lo que responde en {url} no es Carga (HTTP {status})",
    "What answers at {url} is not Carga (HTTP {status})",
)

#: An upload may take as long as it takes; its answer may not.
_TIMEOUT = httpx.Timeout(30, read=90)


class Refused(CommandError):
    """The service answered with a problem; ``status`` is its HTTP status."""

    def __init__(self, status: int, problem: Json) -> None:
        exit_code = ExitCode.UNREACHABLE if status >= 500 else ExitCode.USAGE
        detail = problem.get("detail", "")
        super().__init__(_REFUSED, exit_code, code=problem["code"], problem=problem, detail=detail)
        self.status = status


class Unreachable(CommandError):
    """Nobody answers at that address. ``never_reached``: nothing can have come of the request."""

    def __init__(self, url: str, *, never_reached: bool) -> None:
        super().__init__(_UNREACHABLE, ExitCode.UNREACHABLE, code="service_unreachable", url=url)
        self.never_reached = never_reached


class CargaClient:
    """Calls to one BFF (or catalogue service: both serve the same). Use :func:`connect`.

    Every call raises :class:`Unreachable`, or :class:`Refused` when the service answers with a problem.
    """

    def __init__(self, http: httpx.AsyncClient, url: str) -> None:
        self._http = http
        self._url = url

    async def upload(
        self,
        source: Source,
        proveedor_id: str,
        *,
        replace: bool,
        validate: bool,
        key: str,
        on_bytes: Callable[[int], None],
    ) -> Json:
        """Send a catalogue file and return the body of the 202; ``on_bytes`` hears of every piece sent.
        ``validate``: nothing is to be written; ``key``: what makes it safe to send again.

        Raises ``OSError`` when the file cannot be read.
        """
        params = {"proveedor_id": proveedor_id, **_flags(reemplazar_duplicados=replace, validar=validate)}
        with source.path.open("rb") as content:
            parts = {"file": (source.name, _Watched(content, on_bytes))}
            headers = {"Idempotency-Key": key}
            return await self._call(
                "POST", f"{_PREFIX}/items/bulk-upload", params=params, files=parts, headers=headers
            )

    async def status(self, task_id: str) -> Json:
        """What became of an upload."""
        # quoted by hand: httpx would take a slash or a dot segment for part of the path
        return await self._call("GET", f"{_PREFIX}/bulk-upload/status/{_one_segment(task_id)}")

    async def cancel(self, task_id: str) -> Json:
        """Call an upload off; returns its status, which is "cancelled" then."""
        return await self._call("POST", f"{_PREFIX}/bulk-upload/{_one_segment(task_id)}/cancel")

    async def retry(self, task_id: str, *, replace: bool | None, key: str) -> Json:
        """Upload the rejected rows of a task once more; returns the body of the 202. ``replace``: None takes
        over what the task was asked for; ``key``: what makes it safe to ask again."""
        params = {} if replace is None else _flags(reemplazar_duplicados=replace)
        path = f"{_PREFIX}/bulk-upload/{_one_segment(task_id)}/reintentar"
        return await self._call("POST", path, params=params, headers={"Idempotency-Key": key})

    async def tasks(self, *, limit: int, **filters: str) -> Json:
        """List tasks, newest first."""
        return await self._call("GET", f"{_PREFIX}/bulk-upload/tasks", params={"limit": limit, **filters})

    async def errors(self, task_id: str, *, limit: int, **filters: str) -> Json:
        """List the rejected rows of a task."""
        path = f"{_PREFIX}/bulk-upload/{_one_segment(task_id)}/errores"
        return await self._call("GET", path, params={"limit": limit, **filters})

    async def error_file(self, task_id: str, format: str, target: Path) -> None:
        """Save the rejected rows of a task as a file to mend: "xlsx" or "csv". Raises ``OSError`` too."""
        await self._download(f"{_PREFIX}/bulk-upload/{_one_segment(task_id)}/errores.{format}", target)

    async def template(self, format: str, target: Path, *, examples: bool) -> None:
        """Save the template: "xlsx" or "csv". Raises ``OSError`` too."""
        path = f"{_PREFIX}/items/bulk-upload/plantilla.{format}"
        await self._download(path, target, params=_flags(ejemplos=examples))

    async def _download(self, path: str, target: Path, **options: Any) -> None:
        """Save an answer; what stood there stays until all of it has come."""
        part = target.with_name(f"{target.name}.part")
        with self._reaching():
            async with self._http.stream("GET", path, **options) as answer:
                if not answer.is_success:
                    await answer.aread()
                    raise self._refusal(answer)
                try:
                    with part.open("wb") as file:
                        async for piece in answer.aiter_bytes():
                            file.write(piece)
                    part.replace(target)
                finally:
                    part.unlink(missing_ok=True)

    async def _call(self, method: str, path: str, **options: Any) -> Json:
        answer = await self._request(method, path, **options)
        body = _json_object(answer)
        if answer.is_success and body is not None:
            return body
        raise self._refusal(answer)

    async def _request(self, method: str, path: str, **options: Any) -> httpx.Response:
        with self._reaching():
            return await self._http.request(method, path, **options)

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        try:
            yield
        except httpx.HTTPError as error:
            never_reached = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
            raise Unreachable(self._url, never_reached=never_reached) from error

    def _refusal(self, answer: httpx.Response) -> CommandError:
        body = _json_object(answer)
        if body is not None and "code" in body:
            return Refused(answer.status_code, body)
        return CommandError(
            _NOT_CARGA, ExitCode.UNREACHABLE, code="not_carga", url=self._url, status=answer.status_code
        )


@asynccontextmanager
async def connect(url: str, language: Language) -> AsyncIterator[CargaClient]:
    """A client of the service at ``url``, which answers in ``language``."""
    local = urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")
    async with httpx.AsyncClient(
        base_url=url,
        timeout=_TIMEOUT,
        headers={"Accept-Language": language},
        trust_env=not local,  # no proxy of the machine stands between us and loopback
    ) as http:
        yield CargaClient(http, url)


class _Watched:
    """A file that tells how much of it has been read; what httpx needs of one, and no more."""

    def __init__(self, content: IO[bytes], on_bytes: Callable[[int], None]) -> None:
        self._content = content
        self._on_bytes = on_bytes

    def read(self, size: int = -1) -> bytes:
        piece = self._content.read(size)
        self._on_bytes(len(piece))
        return piece

    def fileno(self) -> int:
        return self._content.fileno()


def _flags(**flags: bool) -> dict[str, str]:
    return {name: "true" if flag else "false" for name, flag in flags.items()}


def _one_segment(text: str) -> str:
    quoted = httpx.QueryParams({"": text}).__str__()[1:].replace("+", "%20")
    return quoted.replace(".", "%2E")


def _json_object(answer: httpx.Response) -> Json | None:
    try:
        body = answer.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) else None
