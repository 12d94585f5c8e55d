"""How the API listens: uvicorn, with bounds on the head of a request that it does not have itself."""

import asyncio
from typing import ClassVar

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from catalog_service.settings import Settings

_KEEP_ALIVE_SECONDS = 30
_MAX_CONNECTIONS = 1000


class BoundedHttpProtocol(HttpToolsProtocol):
    """uvicorn's fast protocol, which by itself waits for ever for a head, and keeps any length of it."""

    max_head_bytes: ClassVar[int] = 64 * 1024
    max_head_seconds: ClassVar[float] = 15

    _head_timer: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _in_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser; a head that grows past the bound is refused."""
        self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > self.max_head_bytes and not self.transport.is_closing():
            self.send_400_response("Request head too large.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_bytes = 0
        self._await_head()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._stop_timer()
        super().on_headers_complete()

    def _await_head(self) -> None:
        self._in_head = True
        self._stop_timer()
        self._head_timer = self.loop.call_later(self.max_head_seconds, self.transport.close)

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


def serve(app: FastAPI, settings: Settings) -> None:
    """Answer requests until SIGTERM or SIGINT."""
    uvicorn.run(
        app,
        host=settings.catalog_host,
        port=settings.catalog_port,
        http=BoundedHttpProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=settings.shutdown_grace_seconds,
        limit_concurrency=_MAX_CONNECTIONS,
    )
