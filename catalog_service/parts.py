"""A file cut into the parts in which it goes to S3, and what identifies its bytes there."""

import asyncio
import hashlib
from base64 import b64encode
from dataclasses import dataclass
from io import BytesIO
from typing import Final, Protocol

#: What is held of a file at any moment. Not to be changed lightly: the checksum of an object put in parts is
#: made of those of its parts, and a repeated upload is recognised by it.
PART_BYTES: Final = 8 * 1024 * 1024
#: So much is hashed in less time than handing it to a thread takes.
_AT_ONCE_BYTES: Final = 256 * 1024


class Source(Protocol):
    """Where the bytes of a file come from."""

    async def read(self) -> bytes:
        """Return the next piece; ``b""`` at the end."""
        ...


@dataclass(frozen=True)
class Content:
    """What identifies a file's bytes. ``checksum`` is S3's own, as S3 writes it."""

    size_bytes: int
    checksum: str | None


@dataclass(frozen=True)
class StoredFile:
    """A file all of which was sent to S3; ``created`` is False where S3 kept an object that was there."""

    content: Content
    sha256: str
    created: bool


class Parts:
    """A file cut into parts of `PART_BYTES`, one of them in memory, with the digests of all."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._held = BytesIO()
        self._whole = hashlib.sha256()
        self._size_bytes = 0
        self.data = b""
        self.digests: list[bytes] = []
        self.ended = False

    async def advance(self) -> None:
        """Make ``data`` the next part; ``ended`` tells that it is the last."""
        self.data = b""
        # one byte more than a part tells that there is another
        while self._held.tell() <= PART_BYTES and (piece := await self._source.read()):
            self._held.write(piece)
        self._held.seek(PART_BYTES)
        rest = self._held.read()
        self._held.truncate(PART_BYTES)
        # cut to its length, it is handed over without being copied
        self.data = self._held.getvalue()
        self._held = BytesIO()
        self._held.write(rest)
        self.ended = not rest
        self._size_bytes += len(self.data)
        if len(self.data) <= _AT_ONCE_BYTES:
            self.digests.append(self._digest())
        else:
            # 8 MiB take some ten milliseconds, in which other requests go on
            self.digests.append(await asyncio.to_thread(self._digest))

    def _digest(self) -> bytes:
        # of a file in one part, that of the part is the file's as well
        if self.digests or not self.ended:
            self._whole.update(self.data)
        return hashlib.sha256(self.data).digest()

    def stored(self, *, created: bool) -> StoredFile:
        """Return what is known of the file once all of it has been read."""
        content = Content(self._size_bytes, _checksum(self.digests))
        sha256 = self.digests[0] if len(self.digests) == 1 else self._whole.digest()
        return StoredFile(content, sha256.hex(), created)


def _checksum(digests: list[bytes]) -> str:
    """Return the SHA-256 that S3 shows of an object put whole or in these parts."""
    if len(digests) == 1:
        return in_base64(digests[0])
    return f"{in_base64(hashlib.sha256(b''.join(digests)).digest())}-{len(digests)}"


def in_base64(digest: bytes) -> str:
    """Return a digest as S3 writes it."""
    return b64encode(digest).decode()
