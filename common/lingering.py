"""Answers that reach a client who is still sending.

A server that answers early and closes the connection with unread bytes in it makes the kernel reset it, and
the client sees "connection reset" where the answer was. So the answer is sent whole, what is still coming is
read and thrown away within bounds, and only then is the connection closed (RFC 9112, section 9.6).
"""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class LingeringCloseMiddleware:
    """Read on, within bounds, behind an answer that was given before the end of the request."""

    def __init__(self, app: ASGIApp, *, max_bytes: int, max_seconds: float) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._max_seconds = max_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _has_body(scope):
            await self._app(scope, receive, send)
            return
        body_ended = False

        async def note_end() -> Message:
            nonlocal body_ended
            message = await receive()
            body_ended = message["type"] == "http.disconnect" or not message.get("more_body", False)
            return message

        async def send_then_drain(message: Message) -> None:
            if body_ended or message["type"] not in ("http.response.start", "http.response.body"):
                await send(message)
            elif message["type"] == "http.response.start":
                await send({**message, "headers": [*message.get("headers", ()), (b"connection", b"close")]})
            elif message.get("more_body", False):
                await send(message)
            else:
                # all of the answer goes out now, its end, which closes the connection, after the draining
                await send({**message, "more_body": True})
                await self._drain(note_end)
                await send({"type": "http.response.body", "body": b"", "more_body": False})

        await self._app(scope, note_end, send_then_drain)

    async def _drain(self, receive: Receive) -> None:
        left = self._max_bytes
        try:
            async with asyncio.timeout(self._max_seconds):
                while left > 0:
                    message = await receive()
                    if message["type"] == "http.disconnect" or not message.get("more_body", False):
                        return
                    left -= len(message.get("body", b""))
        except TimeoutError:
            return


def _has_body(scope: Scope) -> bool:
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
        for name, value in scope["headers"]
    )
