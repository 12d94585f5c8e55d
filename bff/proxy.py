"""Passing a request on to the catalogue service and its answer back, neither of them ever held whole."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import quote

import aiohttp
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.types import Send
from yarl import URL

from bff.errors import CatalogAnswerInvalid, CatalogFailed, CatalogTimeout, CatalogUnavailable
from bff.headers import forwarded_headers, returned_headers
from bff.settings import Settings

log = structlog.get_logger(__name__)

#: Shorter than servers keep theirs, so that no request meets a connection that is just being closed.
_KEEP_ALIVE_SECONDS = 4
_READY_TIMEOUT_SECONDS = 3
#: aiohttp would add its own where the client sent none.
_NO_HEADERS_OF_ITS_OWN = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
_QUERY_CHARACTERS = "!$&'()*+,;=:@/?%[]"


class CatalogProxy:
    """The way to the catalogue service, and to nowhere else."""

    def __init__(self, session: aiohttp.ClientSession, settings: Settings) -> None:
        self._session = session
        self._base = str(settings.catalog_url).rstrip("/")
        self._write_timeout = settings.catalog_write_timeout_seconds

    async def is_alive(self) -> bool:
        """Return whether the catalogue service answers."""
        timeout = aiohttp.ClientTimeout(total=_READY_TIMEOUT_SECONDS)
        try:
            async with self._session.get(f"{self._base}/health", timeout=timeout) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError) as error:
            log.warning("catalog_down", reason=type(error).__name__)
            return False

    async def pass_on(self, request: Request, path: str, send: Send) -> None:
        """Send ``request`` to ``path`` of the catalogue service, and the answer as it comes: even while the
        request's body is still arriving.

        Raises:
            CatalogFailed: there is no answer.
        """
        exchange = _Exchange(request, self._write_timeout)
        with_body = _has_body(request)
        try:
            async with (
                exchange.stalled,
                self._session.request(
                    request.method,
                    self._url(path, request),
                    headers=forwarded_headers(request, with_body=with_body),
                    data=exchange.body() if with_body else None,
                    allow_redirects=False,
                ) as answer,
            ):
                await exchange.send_back(answer, send)
        except (aiohttp.ClientError, TimeoutError) as error:
            exchange.explain(error)

    def _url(self, path: str, request: Request) -> URL:
        query = quote(request.scope["query_string"], safe=_QUERY_CHARACTERS)
        # encoded: what the client wrote goes on as it was written
        return URL(f"{self._base}{path}" + (f"?{query}" if query else ""), encoded=True)


class _Exchange:
    """One request on its way: how far it has come, and so what a failure means."""

    def __init__(self, request: Request, write_timeout: float) -> None:
        self._request = request
        self._write_timeout = write_timeout
        #: Entered around the exchange, ends it when a piece of the body stays unread for too long.
        self.stalled = asyncio.timeout(None)
        self._client_gone = False
        self._answered = False

    async def body(self) -> AsyncIterator[bytes]:
        """Yield the body piece by piece. How long a client may pause is the catalogue service's affair."""
        loop = asyncio.get_running_loop()
        # an empty piece sends the head: the catalogue service may refuse by that alone, and times the rest
        yield b""
        try:
            async for chunk in self._request.stream():
                if chunk and not self._answered:
                    self.stalled.reschedule(loop.time() + self._write_timeout)
                yield chunk
                if not self._answered:
                    self.stalled.reschedule(None)
        except ClientDisconnect:
            self._client_gone = True
            raise

    async def send_back(self, answer: aiohttp.ClientResponse, send: Send) -> None:
        """Send the answer to the client, and end the request if its body was still on the way."""
        self._answered = True
        self.stalled.reschedule(None)
        headers = returned_headers(answer.raw_headers)
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        async for chunk in answer.content.iter_any():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def explain(self, error: Exception) -> None:
        """Raise what the client is told of ``error``; where nobody is left to be told, log it."""
        reason = type(error).__name__
        if self._client_gone:
            log.info("client_disconnected")
        elif self._answered:
            # the status is out: ending without the last piece makes the server cut the connection
            log.warning("catalog_answer_broken_off", reason=reason)
        else:
            log.warning("catalog_failed", reason=reason)
            raise _problem(error) from error


def _problem(error: Exception) -> CatalogFailed:
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return CatalogUnavailable()
    if isinstance(error, TimeoutError):
        return CatalogTimeout()
    if isinstance(error, aiohttp.ClientConnectionError):
        return CatalogUnavailable()
    return CatalogAnswerInvalid()


def _has_body(request: Request) -> bool:
    declared = request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
    return request.method == "POST" and declared


@asynccontextmanager
async def open_proxy(settings: Settings) -> AsyncIterator[CatalogProxy]:
    """Open the connections to the catalogue service, and close them at the end."""
    timeout = aiohttp.ClientTimeout(
        total=None,
        connect=settings.catalog_connect_timeout_seconds,
        sock_connect=settings.catalog_connect_timeout_seconds,
        sock_read=settings.catalog_read_timeout_seconds,
    )
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=settings.catalog_connections, keepalive_timeout=_KEEP_ALIVE_SECONDS
        ),
        timeout=timeout,
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=_NO_HEADERS_OF_ITS_OWN,
    ) as session:
        yield CatalogProxy(session, settings)
