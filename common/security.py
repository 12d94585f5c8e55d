"""What keeps a browser, and the pages of others in it, from doing more than is meant."""

from collections.abc import Collection, Mapping
from typing import Final

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from common.problems import Problem, problem_response
from common.texts import Text, choose_language

log = structlog.get_logger(__name__)

#: An answer is data: nothing in it is run, framed, sniffed, cached, or embedded by another site.
SECURITY_HEADERS: Final[Mapping[str, str]] = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": (
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}


#: What a browser says of a page from elsewhere (Fetch Metadata); other clients say nothing.
_FROM_ELSEWHERE = frozenset({"cross-site", "same-site"})
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


class OriginNotAllowed(Problem):
    """A page of an origin that nobody named wants to change something."""

    status = 403
    code = "origin_not_allowed"
    text = Text(
        "Las páginas de otro origen no pueden hacer cambios aquí; agréguelo a CORS_ALLOWED_ORIGINS si debe "
        "poder",
        "Pages of another origin may change nothing here; add it to CORS_ALLOWED_ORIGINS if it should",
    )


class OriginMiddleware:
    """Refuse what a page from elsewhere would change.

    CORS alone keeps such a page from reading the answer, not from sending a form with a file in it.
    """

    def __init__(self, app: ASGIApp, *, allowed_origins: Collection[str]) -> None:
        self._app = app
        self._allowed_origins = allowed_origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in _READING or self._is_allowed(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        problem, language = OriginNotAllowed(), choose_language(Headers(scope=scope).get("accept-language"))
        log.info("request_refused", code=problem.code, status=problem.status)
        await problem_response(problem, language, scope["path"])(scope, receive, send)

    def _is_allowed(self, headers: Headers) -> bool:
        from_elsewhere = headers.get("sec-fetch-site") in _FROM_ELSEWHERE
        return not from_elsewhere or headers.get("origin") in self._allowed_origins


class SecurityHeadersMiddleware:
    """Add the headers to every answer; one that has its own keeps it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        # as bytes, once: every answer of every service comes by here
        self._headers = [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in SECURITY_HEADERS.items()
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message.get("headers", ())
                own = {name.lower() for name, _ in headers}
                added = [header for header in self._headers if header[0] not in own]
                message = {**message, "headers": [*headers, *added]}
            await send(message)

        await self._app(scope, receive, send_with_headers)
