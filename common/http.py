"""What every HTTP service does to every request: a correlation id, a log line, problem details for errors,
headers for browsers, and an end to what a refused client still sends."""

import re
import time
from uuid import uuid4

import structlog
from asgi_correlation_id import CorrelationIdMiddleware, correlation_id
from fastapi import FastAPI, Request, Response
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from common.lingering import LingeringCloseMiddleware
from common.problems import Problem, answer_problem, install_problem_handlers
from common.security import SECURITY_HEADERS, OriginMiddleware, SecurityHeadersMiddleware
from common.settings import HttpSettings

log = structlog.get_logger(__name__)

#: Probes and polls come every second and say nothing while they succeed; what a task comes to is logged where
#: it happens, and who asks is its uploader.
_ASKED_AGAIN = ("/health", "/bulk-upload/status/")
_NOTHING_NEW = (200, 204, 304)

CORRELATION_HEADER = "X-Correlation-ID"
_CORRELATION_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


_MEGABYTE = 1024 * 1024
_PREFLIGHT_SECONDS = 600
_CORS_REQUEST_HEADERS = (
    "Content-Type",
    "Accept-Language",
    "Idempotency-Key",
    "If-None-Match",
    "Last-Event-ID",
    CORRELATION_HEADER,
)
_CORS_ANSWER_HEADERS = (
    "ETag",
    "Location",
    "Retry-After",
    "Content-Language",
    "Content-Disposition",
    CORRELATION_HEADER,
)


def install_http_basics(app: FastAPI, settings: HttpSettings) -> None:
    """Give ``app`` correlation ids (the caller's, or made here), a log line a request, problem details and
    the protections that no route has to think of. The last one added is the outermost."""
    install_problem_handlers(app)
    app.add_exception_handler(Exception, _on_crash)
    app.add_middleware(OriginMiddleware, allowed_origins=settings.cors_allowed_origins)
    app.add_middleware(
        LingeringCloseMiddleware,
        max_bytes=settings.refused_body_drain_mb * _MEGABYTE,
        max_seconds=settings.refused_body_drain_seconds,
    )
    if settings.cors_allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_allowed_origins,
            allow_methods=("GET", "POST"),
            allow_headers=_CORS_REQUEST_HEADERS,
            expose_headers=_CORS_ANSWER_HEADERS,
            max_age=_PREFLIGHT_SECONDS,
        )
    app.add_middleware(RequestLogMiddleware)
    app.add_middleware(SecurityHeadersMiddleware)
    # added last, so outermost: the log line and every answer carry the id
    app.add_middleware(
        CorrelationIdMiddleware,
        header_name=CORRELATION_HEADER,
        generator=lambda: str(uuid4()),
        validator=is_correlation_id,
    )


async def _on_crash(request: Request, error: Exception) -> Response:
    """Answer what no other handler took; no middleware is around this one."""
    log.error("request_crashed", exc_info=error)
    response = answer_problem(request, Problem())
    # what may be left of the request's body is nobody's to read any more
    own = {CORRELATION_HEADER: correlation_id.get() or "", "Connection": "close"}
    response.headers.update({**SECURITY_HEADERS, **own})
    return response


def is_correlation_id(value: str) -> bool:
    """Return whether a caller's id is taken over: short, and harmless in headers, logs and queues."""
    return _CORRELATION_ID.fullmatch(value) is not None


class RequestLogMiddleware:
    """Bind the correlation id to every event of a request and log how it ended.

    The route's template is logged, never the path: a product's id is the content of somebody's file.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status: int | None = None

        async def send_and_note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        started = time.monotonic()
        # never unbound: each request is a task with a context of its own, and a crash is logged further out
        structlog.contextvars.bind_contextvars(correlation_id=correlation_id.get())
        try:
            await self._app(scope, receive, send_and_note_status)
        finally:
            _log_request(scope, status, time.monotonic() - started)


def _is_asked_again(route: str | None) -> bool:
    return route is not None and any(part in route for part in _ASKED_AGAIN)


def _log_request(scope: Scope, status: int | None, seconds: float) -> None:
    route = getattr(scope.get("route"), "path", None)
    level = log.debug if _is_asked_again(route) and status in _NOTHING_NEW else log.info
    level("request_handled", method=scope["method"], route=route, status=status, seconds=round(seconds, 3))
