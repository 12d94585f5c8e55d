"""A server between a client and a store that spoils some requests, as a network or store in trouble does."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from enum import Enum
from urllib.parse import urlsplit


class Fault(Enum):
    """What becomes of a request."""

    HANG = "it is never answered"
    RESET = "its connection is reset"
    LOST_ANSWER = "the store does it, and then the connection is reset"


def leading_through(proxy_url: str, url: str) -> str:
    """The address ``url``, with the proxy in the place of the server."""
    parts = urlsplit(url)
    user = f"{parts.username}@" if parts.username else ""
    return parts._replace(netloc=f"{user}{urlsplit(proxy_url).netloc}").geturl()


def _every_one(_: int) -> bool:
    return True


class FaultyProxy:
    """Spoils every request that contains ``marker``; the others pass. Without a fault all pass.

    ``which`` is told how many such requests have come, this one included, and chooses those to spoil. With
    ``for_good`` the first to be spoiled is followed by every request, whatever it contains.
    """

    def __init__(
        self,
        target: str,
        marker: bytes,
        fault: Fault | None,
        *,
        which: Callable[[int], bool] = _every_one,
        for_good: bool = False,
    ) -> None:
        self._host, self._port = urlsplit(target).hostname, urlsplit(target).port
        self.marker = marker
        self.fault = fault
        self.came = 0
        self.spoiled = 0
        self.which = which
        self._for_good = for_good
        self._ended = asyncio.Event()

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[str]:
        """Listen; what comes is the URL."""
        server = await asyncio.start_server(self._pass_on, "127.0.0.1", 0)
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            server.close()
            self._ended.set()
            await server.wait_closed()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to_reader, to_writer = await asyncio.open_connection(self._host, self._port)
        spoil = asyncio.Event()
        answers = asyncio.create_task(self._pass_answers(to_reader, writer, spoil))
        try:
            while piece := await reader.read(1 << 16):
                if self.fault is not None and self._is_to_be_spoiled(piece):
                    self.spoiled += 1
                    if self.fault is Fault.HANG:
                        await self._ended.wait()
                        break
                    if self.fault is Fault.RESET:
                        _reset(writer)
                        break
                    spoil.set()
                to_writer.write(piece)
                await to_writer.drain()
        except ConnectionError:
            pass
        finally:
            if not spoil.is_set():
                answers.cancel()
            with suppress(asyncio.CancelledError):
                await answers
            to_writer.close()
            writer.close()

    def _is_to_be_spoiled(self, piece: bytes) -> bool:
        if self._for_good and self.spoiled:
            return True
        if self.marker not in piece:
            return False
        self.came += 1
        return self.which(self.came)

    @staticmethod
    async def _pass_answers(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, spoil: asyncio.Event
    ) -> None:
        with suppress(ConnectionError):
            while piece := await reader.read(1 << 16):
                if spoil.is_set() and b" 100 " not in piece:
                    _reset(writer)
                    return
                writer.write(piece)
                await writer.drain()


def _reset(writer: asyncio.StreamWriter) -> None:
    linger_never = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_never)
    writer.transport.abort()
