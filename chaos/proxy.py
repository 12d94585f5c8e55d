"""One link between two processes, as a network that can be cut, slowed and spoilt."""

import asyncio
import socket
import struct
from contextlib import suppress

from infra.embedded.ports import LOOPBACK, free_port

_PIECE_BYTES = 65_536
#: Slices grow with what is left of a piece, so that a large one still gets through.
_SLICES_OF_A_PIECE = 40
_SLICE_PAUSE_SECONDS = 0.001


class Link:
    """Passes bytes on to ``target`` (a port of this machine) from a port of its own, kept for life.

    Without a fault all goes through as it comes.
    """

    def __init__(self, name: str, target: int) -> None:
        self.name = name
        self.port = free_port()
        self._target = target
        self._server: asyncio.Server | None = None
        self._connections: set[_Connection] = set()
        self._passing: set[asyncio.Task[None]] = set()
        self.flowing = asyncio.Event()
        self.flowing.set()
        #: Every piece is held back for so long.
        self.delay_seconds = 0.0
        #: Every piece is passed on as many small ones.
        self.sliced = False
        #: The next request that holds these bytes is answered, and the answer lost: the connection is reset.
        self.swallowing: bytes | None = None

    async def open(self) -> None:
        """Listen, if it does not yet."""
        if self._server is None:
            self._server = await asyncio.start_server(self._connect, LOOPBACK, self.port)

    async def close(self) -> None:
        """Listen no more and cut what is connected."""
        await self.cut()
        for task in self._passing:
            task.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)

    async def cut(self) -> None:
        """Refuse connections, and reset those that there are."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        self.reset()

    def hold(self, *, back: bool) -> None:
        """Let no byte through, either way; later, let flow on what was held."""
        if back:
            self.flowing.clear()
        else:
            self.flowing.set()

    def reset(self) -> None:
        """Reset every connection, once."""
        for connection in list(self._connections):
            connection.reset()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._passing.add(task)
        task.add_done_callback(self._passing.discard)
        connection = _Connection(self, writer)
        self._connections.add(connection)
        try:
            await self.flowing.wait()
            await connection.run(reader, self._target)
        except OSError:
            connection.reset()
        finally:
            self._connections.discard(connection)
            connection.end()


class _Connection:
    """A connection through the link: two streams of bytes that end together."""

    def __init__(self, link: Link, client: asyncio.StreamWriter) -> None:
        self._link = link
        self._client = client
        self._server: asyncio.StreamWriter | None = None
        self._answer_is_lost = False

    async def run(self, from_client: asyncio.StreamReader, target: int) -> None:
        from_server, self._server = await asyncio.open_connection(LOOPBACK, target)
        ways = (
            asyncio.create_task(self._pass_requests(from_client, self._server)),
            asyncio.create_task(self._pass_answers(from_server)),
        )
        try:
            done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in done:
                way.result()
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    def reset(self) -> None:
        """Cut off both ends without a goodbye."""
        for writer in (self._client, self._server):
            if writer is None or writer.transport.is_closing():
                continue
            with suppress(OSError):
                never_linger = struct.pack("ii", 1, 0)
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, never_linger)
            writer.transport.abort()

    def end(self) -> None:
        """Close both ends."""
        for writer in (self._client, self._server):
            if writer is not None:
                writer.close()

    async def _pass_requests(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(_PIECE_BYTES):
            marker = self._link.swallowing
            if marker is not None and marker in piece:
                self._link.swallowing = None
                self._answer_is_lost = True
            await self._pass_on(piece, writer)

    async def _pass_answers(self, reader: asyncio.StreamReader) -> None:
        while piece := await reader.read(_PIECE_BYTES):
            if self._answer_is_lost and not piece.startswith(b"HTTP/1.1 100"):
                self.reset()
                return
            await self._pass_on(piece, self._client)

    async def _pass_on(self, piece: bytes, writer: asyncio.StreamWriter) -> None:
        await self._link.flowing.wait()
        if self._link.delay_seconds:
            await asyncio.sleep(self._link.delay_seconds)
        if not self._link.sliced:
            writer.write(piece)
            await writer.drain()
            return
        size = 1 + len(piece) // _SLICES_OF_A_PIECE
        for start in range(0, len(piece), size):
            writer.write(piece[start : start + size])
            await writer.drain()
            await asyncio.sleep(_SLICE_PAUSE_SECONDS)
