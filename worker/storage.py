"""Fetching uploads from S3."""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from typing import Any, BinaryIO

from aiohttp import ClientPayloadError
from botocore.exceptions import BotoCoreError, ClientError

_CHUNK_BYTES = 1024 * 1024
_CHECK_SECONDS = 5


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

    @asynccontextmanager
    async def fetch(self, bucket: str, key: str) -> AsyncIterator[FetchedFile]:
        """Copy the object into an unnamed temporary file.

        Raises:
            UploadMissing: there is no such object.
            StorageUnavailable: S3 cannot be reached or broke off.
        """
        with tempfile.TemporaryFile() as file:
            digest = hashlib.sha256()
            try:
                response = await self._s3.get_object(Bucket=bucket, Key=key)
                with closing(response["Body"]) as body:
                    while chunk := await body.read(_CHUNK_BYTES):
                        digest.update(chunk)
                        file.write(chunk)
            except ClientError as error:
                # a bucket that is not there is a fault of the place, and may pass; an object is not coming
                # back
                if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                    raise UploadMissing from error
                raise StorageUnavailable(error.response["Error"]["Code"]) from error
            except (BotoCoreError, ClientPayloadError, OSError, TimeoutError) as error:
                # aiobotocore lets the error of a body that breaks off through as it is
                raise StorageUnavailable(type(error).__name__) from error
            file.flush()
            yield FetchedFile(file, digest.hexdigest())
