"""Passing a request on to the catalogue service and its answer back, neither of them ever held whole."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import quote

import aiohttp
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Send
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
_EVENTS = "text/event-stream"
#: What an answer may still take when this service has been told to stop.
_STOPPING_SECONDS = 1
_END: Final[Message] = {"type": "http.response.body", "body": b"", "more_body": False}
_QUERY_CHARACTERS = "!$&'()*+,;=:@/?%[]"


class CatalogProxy:
    """The way to the catalogue service, and to nowhere else."""

    def __init__(self, session: aiohttp.ClientSession, settings: Settings) -> None:
        self._session = session
        self._base = str(settings.catalog_url).rstrip("/")
        self._write_timeout = settings.catalog_write_timeout_seconds
        self._exchanges: set[_Exchange] = set()

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
        with_body = _has_body(request)
        exchange = _Exchange(request, self._write_timeout, with_body=with_body)
        self._exchanges.add(exchange)
        try:
            async with (
                exchange.deadline,
                exchange.heeding_hang_up(),
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
            if exchange.is_stream_of_a_stopping_service:
                await send(_END)
            else:
                exchange.explain(error)
        finally:
            self._exchanges.discard(exchange)

    def stop(self) -> None:
        """End what would not end by itself: this service was told to stop."""
        for exchange in self._exchanges:
            exchange.stop()

    def _url(self, path: str, request: Request) -> URL:
        query = quote(request.scope["query_string"], safe=_QUERY_CHARACTERS)
        # encoded: what the client wrote goes on as it was written
        return URL(f"{self._base}{path}" + (f"?{query}" if query else ""), encoded=True)


class _Exchange:
    """One request on its way: how far it has come, and so what a failure means."""

    def __init__(self, request: Request, write_timeout: float, *, with_body: bool) -> None:
        self._request = request
        self._write_timeout = write_timeout
        self._with_body = with_body
        #: Entered around the exchange, ends it: a piece of the body stays unread for too long, nobody is left
        #: to be answered, or this service stops.
        self.deadline = asyncio.timeout(None)
        self._client_gone = False
        self._answered = False
        self._is_stream = False
        self._ended = False
        self._stopping = False

    @property
    def is_stream_of_a_stopping_service(self) -> bool:
        """Whether it has no end of its own and was ended in good order."""
        return self._stopping and self._is_stream and not self._client_gone

    async def body(self) -> AsyncIterator[bytes]:
        """Yield the body piece by piece. How long a client may pause is the catalogue service's affair."""
        loop = asyncio.get_running_loop()
        # an empty piece sends the head: the catalogue service may refuse by that alone, and times the rest
        yield b""
        try:
            async for chunk in self._request.stream():
                if chunk and not self._answered:
                    self.deadline.reschedule(loop.time() + self._write_timeout)
                yield chunk
                if not self._answered:
                    self.deadline.reschedule(None)
        except ClientDisconnect:
            self._client_gone = True
            raise

    @asynccontextmanager
    async def heeding_hang_up(self) -> AsyncIterator[None]:
        """Give up as soon as the client has: an answer may be long in coming, and a stream has no end.

        Who sends a body is heeded by whoever reads that.
        """
        if self._with_body:
            yield
            return
        watching = asyncio.create_task(self._watch_client())
        try:
            yield
        finally:
            watching.cancel()

    def stop(self) -> None:
        """End a stream of events, and what has not been answered for long; the rest ends by itself."""
        self._stopping = True
        if self._is_stream:
            self._end_in(0)
        elif not self._answered and not self._with_body:
            self._end_in(_STOPPING_SECONDS)

    async def send_back(self, answer: aiohttp.ClientResponse, send: Send) -> None:
        """Send the answer to the client, and end the request if its body was still on the way."""
        self._answered = True
        self.deadline.reschedule(None)
        self._is_stream = answer.content_type == _EVENTS
        if self._stopping:
            self.stop()
        headers = returned_headers(answer.raw_headers)
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        async for chunk in answer.content.iter_any():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        # the server says of a client that it has gone once it is answered
        self._ended = True
        await send(_END)

    def explain(self, error: Exception) -> None:
        """Raise what the client is told of ``error``; where nobody is left to be told, log it."""
        reason = type(error).__name__
        if self._client_gone:
            log.info("client_disconnected")
        elif self._answered:
            # the status is out: ending without the last piece makes the server cut the connection
            log.warning("catalog_answer_broken_off", reason=reason)
        elif self._stopping:
            raise CatalogUnavailable from error
        else:
            log.warning("catalog_failed", reason=reason)
            raise _problem(error) from error

    async def _watch_client(self) -> None:
        while (await self._request.receive())["type"] != "http.disconnect":
            continue
        if not self._ended:
            self._client_gone = True
            self._end_in(0)

    def _end_in(self, seconds: float) -> None:
        if not self.deadline.expired():
            self.deadline.reschedule(asyncio.get_running_loop().time() + seconds)


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
