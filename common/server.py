"""How a service listens: uvicorn, with bounds that it does not have itself on what a client can hold open.

- a head that does not come closes the connection after ``max_head_seconds``;
- a head without end is answered 431, one that is no HTTP 400;
- trailers and chunk extensions without end cut the connection;
- an answer that nobody reads cuts it after ``max_write_seconds``;
- too many connections are answered 503.

The body of a request is bounded by whoever reads it, what is left of one by ``common.lingering``.
"""

import asyncio
import gc
import resource
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, ClassVar

import structlog
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from common.problems import Problem, problem_response
from common.security import SECURITY_HEADERS
from common.texts import Text, choose_language

log = structlog.get_logger(__name__)

OnStop = Callable[[Mapping[str, Any]], None]

_KEEP_ALIVE_SECONDS = 30
#: As uvicorn's own command exits.
_STARTUP_FAILURE = 3
#: Connections come and go; each of the stores has some as well.
_OPEN_FILES = 4096


class MalformedRequest(Problem):
    """What came is not HTTP."""

    status = 400
    code = "malformed_request"
    text = Text("La solicitud no es HTTP válido", "The request is not valid HTTP")


class HeadTooLarge(Problem):
    """Address and headers are more than a request needs."""

    status = 431
    code = "head_too_large"
    text = Text(
        "La dirección y los encabezados de la solicitud son demasiado largos",
        "The address and the headers of the request are too long",
    )


class ServerBusy(Problem):
    """More connections than this process serves."""

    status = 503
    code = "server_busy"
    text = Text(
        "Hay demasiadas conexiones abiertas; vuelva a intentarlo en unos segundos",
        "Too many connections are open; try again in a few seconds",
    )
    retry_after = 5


class BoundedHttpProtocol(HttpToolsProtocol):
    """uvicorn's fast protocol, within bounds of time, size and number."""

    max_head_bytes: ClassVar[int] = 64 * 1024
    max_head_seconds: ClassVar[float] = 15
    max_write_seconds: ClassVar[float] = 60
    #: Requests on more connections than these are answered 503 …
    max_connections: ClassVar[int] = 1000
    #: … and of this many more a connection is, before it says anything.
    max_more_connections: ClassVar[int] = 200

    _head_timer: asyncio.TimerHandle | None = None
    _write_timer: asyncio.TimerHandle | None = None
    _in_head = True
    #: Bytes since the begin of the message or, behind its head, since the last piece of the body.
    _overhead = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        # paused then means what it says: there are bytes that the client does not take
        transport.set_write_buffer_limits(high=0)
        self._await_head()
        if len(self.connections) > self.max_connections + self.max_more_connections:
            self._refuse(ServerBusy())

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_head_timer()
        self._stop_write_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser, unless it gets all head and no body."""
        if self.transport.is_closing():
            return
        self._overhead += len(data)
        super().data_received(data)
        if self._overhead <= self.max_head_bytes or self.transport.is_closing():
            return
        if self._in_head:
            self._refuse(HeadTooLarge())
        else:
            self.transport.abort()

    def send_400_response(self, msg: str) -> None:
        """Answer what the parser does not take."""
        self._refuse(MalformedRequest())

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._overhead = 0
        self._await_head()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._stop_head_timer()
        self._overhead = 0
        self.app = _busy if len(self.connections) > self.max_connections else self.config.loaded_app
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._overhead = 0
        super().on_body(body)

    def pause_writing(self) -> None:
        self._stop_write_timer()
        self._write_timer = self.loop.call_later(self.max_write_seconds, self.transport.abort)
        super().pause_writing()

    def resume_writing(self) -> None:
        self._stop_write_timer()
        super().resume_writing()

    def _refuse(self, problem: Problem) -> None:
        """Say why, where nothing was said yet, and close."""
        log.info("request_refused", code=problem.code, status=problem.status)
        answering = self.cycle is not None and not self.cycle.response_complete
        if not (answering and self.cycle.response_started):
            self.transport.write(_as_bytes(problem))
        self.transport.close()

    def _await_head(self) -> None:
        self._in_head = True
        self._stop_head_timer()
        self._head_timer = self.loop.call_later(self.max_head_seconds, self.transport.close)

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _stop_write_timer(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, on_stop: OnStop) -> None:
        super().__init__(config)
        self._on_stop = on_stop

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop, and say so first: an answer that waits for something would be waited for."""
        self._on_stop(self.lifespan.state)
        await super().shutdown(sockets=sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and leave out of every later collection of garbage what there is by then.

        That is some 200,000 objects, most of them botocore's: going through them again and again would take
        more time than answering does.
        """
        await super().startup(sockets=sockets)
        gc.collect()
        gc.freeze()


def serve(
    app: ASGIApp,
    *,
    host: str,
    port: int,
    shutdown_grace_seconds: int,
    on_stop: OnStop = lambda _: None,
) -> None:
    """Answer requests until SIGTERM or SIGINT.

    ``on_stop`` is called with what the application's lifespan yielded, before the requests under way are
    given their ``shutdown_grace_seconds``: it ends those that would not end by themselves.
    """
    _allow_open_files()
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=BoundedHttpProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        # X-Forwarded-For is passed on as it came: the peer's own address is what is added to it
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=shutdown_grace_seconds,
    )
    server = _Server(config, on_stop)
    with suppress(KeyboardInterrupt):  # uvicorn's own, after a clean end by SIGINT
        server.run()
    if not server.started:
        sys.exit(_STARTUP_FAILURE)


def _allow_open_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


async def _busy(scope: Scope, receive: Receive, send: Send) -> None:
    asked = dict(scope["headers"]).get(b"accept-language", b"").decode("latin-1")
    response = problem_response(ServerBusy(), choose_language(asked), scope["path"])
    response.headers.update({**SECURITY_HEADERS, "Connection": "close"})
    await response(scope, receive, send)


def _as_bytes(problem: Problem) -> bytes:
    """Return the whole answer to a request of which nothing is known."""
    response = problem_response(problem, choose_language(None), "")
    response.headers.update({**SECURITY_HEADERS, "Connection": "close"})
    head = b"".join(name + b": " + value + b"\r\n" for name, value in response.raw_headers)
    return STATUS_LINE[problem.status] + head + b"\r\n" + bytes(response.body)
