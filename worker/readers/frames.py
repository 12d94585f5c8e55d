"""What the reading child tells the worker, as length-prefixed MessagePack frames on a pipe."""

import struct
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import msgspec

_LENGTH = struct.Struct("!I")
_encoder = msgspec.msgpack.Encoder()

#: No honest frame is larger (ten rows of the longest cells); a longer one means that the child has gone mad.
MAX_FRAME_BYTES = 64 * 1024 * 1024


class Opened(msgspec.Struct, frozen=True, tag=0, array_like=True):
    """The file is well formed and has ``total`` rows that are not blank, the header apart.

    ``columns``: how each was understood; ``notices``: warnings about the file as a whole; ``facts``: how it
    was read; ``sample``: its first rows as they stand there.
    """

    total: int
    columns: list[dict[str, Any]] = []
    notices: list[dict[str, Any]] = []
    facts: dict[str, Any] = {}
    sample: list[dict[str, Any]] = []


class Mends(msgspec.Struct, frozen=True, tag=4, array_like=True):
    """The file says that it mends rejected rows of a task, and is to be read as such, or not; no rows
    follow."""

    task_id: UUID


class CheckedRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A row without faults: its number, its identifying values, and all of it as a line of COPY text, the end
    of the line left out."""

    fila: int
    keys: list[str]
    line: bytes


class RejectedRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A row with faults, as codes with parameters."""

    fila: int
    faults: list[dict[str, Any]]


class Rows(msgspec.Struct, frozen=True, tag=1, array_like=True):
    """Some consecutive rows; ``last`` is the number of the last one.

    The rows without faults, of which there are ``count``, stay packed until somebody wants to see them one by
    one: ``heads`` is a list of their numbers and identifying values, ``packed_ids`` of the first of these; in
    ``lines`` each line has its end. ``origins``: of rows that mend one of an earlier file, their number and
    that one's.
    """

    last: int
    count: int
    heads: bytes
    packed_ids: bytes
    lines: bytes
    rejected: list[RejectedRow]
    origins: list[tuple[int, int]] = []

    @classmethod
    def pack(
        cls,
        last: int,
        heads: list[tuple[int, list[str]]],
        lines: list[bytes],
        rejected: list[RejectedRow],
        origins: list[tuple[int, int]] | None = None,
    ) -> "Rows":
        """Return rows of which those without faults have these heads and lines."""
        ids = [keys[0] if keys else "" for _, keys in heads]
        joined = b"".join(line + b"\n" for line in lines)
        packed = _encoder.encode(heads), _encoder.encode(ids)
        return cls(last, len(heads), *packed, joined, rejected, origins or [])

    @property
    def checked(self) -> list[CheckedRow]:
        """The rows without faults."""
        heads = _heads_decoder.decode(self.heads)
        lines = self.lines.split(b"\n")[:-1]
        return [CheckedRow(*head, line) for head, line in zip(heads, lines, strict=True)]

    @property
    def ids(self) -> list[str]:
        """The first identifying value of each row without faults."""
        return _ids_decoder.decode(self.packed_ids)

    def __len__(self) -> int:
        return self.count + len(self.rejected)


class Refused(msgspec.Struct, frozen=True, tag=2, array_like=True):
    """The file cannot be imported, whoever tries; no rows follow."""

    code: str
    params: dict[str, Any]


class End(msgspec.Struct, frozen=True, tag=3, array_like=True):
    """All rows have been sent."""


Frame = Opened | Mends | Rows | Refused | End

_decoder = msgspec.msgpack.Decoder(Frame)
_ids_decoder = msgspec.msgpack.Decoder(list[str])
_heads_decoder = msgspec.msgpack.Decoder(list[tuple[int, list[str]]])


class FrameError(Exception):
    """The child sent something that is no frame."""


def encode_frame(frame: Frame) -> bytes:
    """Return the frame as bytes for the pipe."""
    body = _encoder.encode(frame)
    return _LENGTH.pack(len(body)) + body


class FrameBuffer:
    """Collects bytes as they come and gives back whole frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Add ``data`` and return the frames that are now whole.

        Raises:
            FrameError: the bytes are no frame.
        """
        self._buffer += data
        start = 0
        try:
            while len(self._buffer) - start >= _LENGTH.size:
                (length,) = _LENGTH.unpack_from(self._buffer, start)
                if length > MAX_FRAME_BYTES:
                    raise FrameError("frame too long")
                end = start + _LENGTH.size + length
                if end > len(self._buffer):
                    break
                yield _decoder.decode(memoryview(self._buffer)[start + _LENGTH.size : end])
                start = end
        except msgspec.MsgspecError as error:
            raise FrameError(str(error)) from error
        finally:
            del self._buffer[:start]
