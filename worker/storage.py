"""Fetching uploads from S3, and putting there what was made of them."""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, BinaryIO

from aiohttp import ClientPayloadError
from botocore.exceptions import BotoCoreError, ClientError

_CHUNK_BYTES = 1024 * 1024
_CHECK_SECONDS = 5
#: S3 takes 10,000 parts of at least 5 MiB.
_PART_BYTES = 8 * 1024 * 1024


class StorageUnavailable(Exception):
    """S3 did not answer, or not to the end."""


class UploadMissing(Exception):
    """The object is not there."""


@dataclass(frozen=True)
class FetchedFile:
    """An upload on local disk, without a name: it is gone with the process, however the process ends."""

    file: BinaryIO
    sha256: str


class Storage:
    """The worker's verbs of S3."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    async def is_ready(self) -> bool:
        """Return whether S3 answers and the bucket is there."""
        try:
            async with asyncio.timeout(_CHECK_SECONDS):
                await self._s3.head_bucket(Bucket=self._bucket)
        except (ClientError, BotoCoreError, OSError, TimeoutError):
            return False
        return True

    async def exists(self, bucket: str, key: str) -> bool:
        """Return whether there is such an object.

        Raises:
            StorageUnavailable: S3 cannot be reached.
        """
        try:
            with _faults_as_unavailable():
                await self._s3.head_object(Bucket=bucket, Key=key)
        except UploadMissing:
            return False
        return True

    async def put(self, bucket: str, key: str, pieces: AsyncIterator[bytes], content_type: str) -> None:
        """Write an object, of which never more than a part is held. It is there when all of it is, or not at
        all.

        Raises:
            StorageUnavailable: S3 cannot be reached or broke off.
        """
        where = {"Bucket": bucket, "Key": key}
        parts = _parts(pieces)
        first = await anext(parts, b"")
        if len(first) < _PART_BYTES:
            with _faults_as_unavailable():
                await self._s3.put_object(**where, Body=first, ContentType=content_type)
            return
        with _faults_as_unavailable():
            begun = await self._s3.create_multipart_upload(**where, ContentType=content_type)
        where["UploadId"] = begun["UploadId"]
        try:
            await self._put_parts(where, first, parts)
        except BaseException:
            # what cannot be given back now is found by the reconciler
            with suppress(StorageUnavailable, UploadMissing), _faults_as_unavailable():
                await self._s3.abort_multipart_upload(**where)
            raise

    async def _put_parts(self, where: dict[str, str], first: bytes, others: AsyncIterator[bytes]) -> None:
        stored: list[dict[str, Any]] = []
        part = first
        while part:
            number = len(stored) + 1
            with _faults_as_unavailable():
                answer = await self._s3.upload_part(**where, PartNumber=number, Body=part)
            stored.append({"PartNumber": number, "ETag": answer["ETag"]})
            part = await anext(others, b"")
        with _faults_as_unavailable():
            await self._s3.complete_multipart_upload(**where, MultipartUpload={"Parts": stored})

    @asynccontextmanager
    async def fetch(self, bucket: str, key: str) -> AsyncIterator[FetchedFile]:
        """Copy the object into an unnamed temporary file.

        Raises:
            UploadMissing: there is no such object.
            StorageUnavailable: S3 cannot be reached or broke off.
        """
        with tempfile.TemporaryFile() as file:
            digest = hashlib.sha256()
            with _faults_as_unavailable():
                response = await self._s3.get_object(Bucket=bucket, Key=key)
                with closing(response["Body"]) as body:
                    while chunk := await body.read(_CHUNK_BYTES):
                        digest.update(chunk)
                        file.write(chunk)
            file.flush()
            yield FetchedFile(file, digest.hexdigest())


@contextmanager
def _faults_as_unavailable() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        # a bucket that is not there is a fault of the place, and may pass; an object is not coming back
        if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
            raise UploadMissing from error
        raise StorageUnavailable(error.response["Error"]["Code"]) from error
    except (BotoCoreError, ClientPayloadError, OSError, TimeoutError) as error:
        # aiobotocore lets the error of a body that breaks off through as it is
        raise StorageUnavailable(type(error).__name__) from error


async def _parts(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the pieces as parts of the size that S3 wants, all but the last."""
    part = bytearray()
    async for piece in pieces:
        part += piece
        if len(part) >= _PART_BYTES:
            yield bytes(part)
            part.clear()
    if part:
        yield bytes(part)
